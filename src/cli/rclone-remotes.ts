import { AZURITE, accountOfConnection } from './init-azure-account.js';
import { settingsOfPlace } from './remote-place.js';

/** A section of rclone.conf. */
export interface Remote {
  readonly name: string;
  readonly options: ReadonlyMap<string, string>;
}

/** A target as a configuration has it. */
export type Target = Readonly<Record<string, unknown>>;

/** Undefined: longshore has no driver for it; the notes say so. */
interface Made {
  readonly target: Target | undefined;
  /** What of the remote is not in the target, and what to do about it. */
  readonly notes: readonly string[];
}

/** Options of a kind of remote that have a counterpart: which one, and with which value. */
type Counterparts = Readonly<Record<string, (value: string) => Target>>;

/** Options that say nothing here: the kind itself, and what rclone's own way of working is about. */
const WITHOUT_MEANING = new Set([
  'type',
  'env_auth',
  'description',
  'location_constraint',
  'no_check_bucket',
]);

/** What is said by another option, or by none, in longshore. */
const SWITCHES = new Set([
  'use_emulator=true',
  'use_emulator=false',
  'use_msi=false',
  'anonymous=false',
]);

/** rclone's names of providers (https://rclone.org/s3/) that have a profile; all others are asked what they are. */
const PROFILES: Readonly<Record<string, string>> = {
  AWS: 'aws',
  Ceph: 'ceph',
  Cloudflare: 'r2',
  DigitalOcean: 'digitalocean',
  GCS: 'gcs-interop',
  Linode: 'linode',
  Minio: 'minio',
  OVHcloud: 'ovh',
  Scaleway: 'scaleway',
  Wasabi: 'wasabi',
};

const ENCRYPTIONS: Readonly<Record<string, string>> = { AES256: 's3', 'aws:kms': 'kms' };

const S3: Counterparts = {
  provider: (value) => (PROFILES[value] === undefined ? {} : { profile: PROFILES[value] }),
  access_key_id: (key) => ({ key }),
  secret_access_key: (secret) => ({ secret }),
  session_token: (token) => ({ token }),
  profile: (name) => ({ aws_profile: name }),
  region: (region) => ({ region }),
  endpoint: endpointOf,
  acl: (acl) => ({ acl }),
  storage_class: (storageClass) => ({ storage_class: storageClass }),
  server_side_encryption: (kind) =>
    ENCRYPTIONS[kind] === undefined ? {} : { encryption: { type: ENCRYPTIONS[kind] } },
  force_path_style: (value) => ({ addressing: value === 'true' ? 'path' : 'virtual' }),
  requester_pays: (value) => ({ requester_pays: value === 'true' }),
};

const SWIFT: Counterparts = {
  user: (key) => ({ key }),
  key: (secret) => ({ secret }),
  auth: (url) => ({ auth_url: url }),
  domain: (name) => ({ user_domain: name }),
  tenant: (name) => ({ project: name }),
  tenant_id: (id) => ({ project_id: id }),
  tenant_domain: (name) => ({ project_domain: name }),
  region: (region) => ({ region }),
  storage_url: (url) => ({ storage_url: url }),
  auth_token: (token) => ({ token }),
  application_credential_id: (id) => ({ auth_type: 'application_credential', key: id }),
  application_credential_secret: (secret) => ({ secret }),
  endpoint_type: (kind) => ({ interface: kind }),
  storage_policy: (policy) => ({ storage_policy: policy }),
};

const AZURE: Counterparts = {
  account: (key) => ({ key }),
  key: (secret) => ({ secret }),
  sas_url: sasOf,
  connection_string: connectionOf,
  use_emulator: () => ({}), // see ofAzure
  tenant: (id) => ({ tenant_id: id }),
  client_id: (id) => ({ client_id: id }),
  client_secret: (secret) => ({ secret }),
  client_certificate_path: (file) => ({ auth_type: 'certificate', client_certificate: file }),
  use_msi: (value) => (value === 'true' ? { auth_type: 'managed_identity' } : {}),
  msi_client_id: (id) => ({ client_id: id }),
  msi_mi_res_id: (id) => ({ identity_resource: id }),
  endpoint: azureEndpointOf,
  access_tier: (tier) => ({ storage_class: tier.toUpperCase() }),
};

const B2: Counterparts = {
  account: (key) => ({ key }),
  key: (secret) => ({ secret }),
  endpoint: endpointOf,
  hard_delete: (value) => ({ hard_delete: value === 'true' }),
  download_url: (url) => ({ download_url: url.replace(/\/+$/, '') }),
  test_mode: (mode) => ({ test_mode: mode }),
};

const GOOGLE: Counterparts = {
  project_number: (project) => ({ project }),
  user_project: (project) => ({ user_project: project }),
  service_account_file: (path) => ({ credentials_file: path }),
  anonymous: (value) => (value === 'true' ? { auth: 'anonymous' } : {}),
  location: (location) => ({ location }),
  storage_class: (storageClass) => ({ storage_class: storageClass }),
  endpoint: endpointOf,
};

/** What becomes of a remote. `all`: those of the same file, which an alias may name. */
export function targetOf(remote: Remote, all: readonly Remote[]): Made {
  const kind = remote.options.get('type') ?? '';
  switch (kind) {
    case 's3':
      return made('s3', remote, S3);
    case 'swift':
      return made('swift', remote, SWIFT);
    case 'azureblob':
      return ofAzure(remote);
    case 'b2':
      return made('backblaze_b2', remote, B2);
    case 'google cloud storage':
      return made('google_storage', remote, GOOGLE);
    case 'local':
      return {
        target: { driver: 'local', root: '/' },
        notes: ['its folders are containers of the target: name the folder above them as root'],
      };
    case 'alias':
      return ofAlias(remote, all);
    default:
      return {
        target: undefined,
        notes: [`longshore has no driver for remotes of the kind ${JSON.stringify(kind)}`],
      };
  }
}

function made(driver: string, { options }: Remote, counterparts: Counterparts): Made {
  const target: Record<string, unknown> = { driver };
  const notes: string[] = [];
  for (const [name, value] of options) {
    if (WITHOUT_MEANING.has(name) || value === '') continue;
    const counterpart = Object.hasOwn(counterparts, name) ? counterparts[name] : undefined;
    const found = counterpart?.(value) ?? {};
    if (Object.keys(found).length === 0 && !SWITCHES.has(`${name}=${value}`))
      notes.push(`${name} was not taken over: ${reasonFor(name, value)}`);
    Object.assign(target, found);
  }
  return { target, notes };
}

/** Never the value of what may be a secret. */
function reasonFor(name: string, value: string): string {
  if (name === 'provider')
    return `the provider ${JSON.stringify(value)} has no profile of its own, the server is asked`;
  return name === 'service_account_credentials'
    ? 'write it into a file that only longshore can read, and name that as credentials_file'
    : 'it has no counterpart';
}

/** `host`, `host:port` or a URL, as rclone takes it. */
function endpointOf(value: string): Target {
  const text = value.includes('://') ? value : `https://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/') return {};
  return {
    host: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(url.protocol === 'http:' && { secure: false }),
  };
}

/** As rclone does it: what is not said of the emulator is as Azurite has it. */
function ofAzure(remote: Remote): Made {
  const { target, notes } = made('azure_blobs', remote, AZURE);
  if (remote.options.get('use_emulator') !== 'true') return { target, notes };
  const { AccountName: key, AccountKey: secret, BlobEndpoint: endpoint = '' } = AZURITE;
  const place = azureEndpointOf(endpoint);
  const named = target?.['key'] === undefined ? { key, secret } : {};
  const placed = target?.['host'] === undefined ? place : {};
  return { target: { ...target, ...named, ...placed }, notes };
}

/** As `endpointOf`; the emulator's has the account in its path. */
function azureEndpointOf(value: string): Target {
  return endpointOf(value.replace(/^(https?:\/\/[^/]+)\/[a-z0-9-]+\/?$/, '$1'));
}

/** A URL of an account or a container, with its signature. The account is in the name of the host, or comes first in the path. */
function sasOf(value: string): Target {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.search === '') return {};
  const inHost = /^([a-z0-9-]+)\.blob\./.exec(url.hostname)?.[1];
  const key = inHost ?? url.pathname.split('/', 2)[1];
  return { sas: url.search.slice(1), key, ...endpointOf(url.origin) };
}

function connectionOf(value: string): Target {
  const found = accountOfConnection(value);
  if (found === undefined) return {};
  const { endpoint, settings, secrets } = found;
  const values = Object.entries(secrets).map(([name, secret]) => [name, secret.value] as const);
  return {
    ...settings,
    ...(endpoint !== undefined && settingsOfPlace('azure_blobs', { endpoint })),
    ...Object.fromEntries(values),
  };
}

/** Another name for a place in a remote: its target is the same, and the place belongs to the mirror. */
function ofAlias({ options }: Remote, all: readonly Remote[]): Made {
  const [name = '', place = ''] = (options.get('remote') ?? '').split(/:(.*)/s);
  const meant = all.find((each) => each.name === name && each.options.get('type') !== 'alias');
  if (meant === undefined)
    return {
      target: undefined,
      notes: [`it stands for ${JSON.stringify(name)}, which is no remote of this file`],
    };
  const { target, notes } = targetOf(meant, all);
  const says =
    place === ''
      ? []
      : [`its place ${JSON.stringify(place)} is the container and prefix of a mirror`];
  return { target, notes: [...says, ...notes] };
}
