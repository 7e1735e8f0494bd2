import { keysOf, type Profile } from '../drivers/s3/credentials/shared-files.js';

/** An account at a provider that `init` found: what a target says of it. */
export interface FoundAccount {
  /** What `--account` calls it, such as `aws`, `aws:work`, `minio`, `mc:play`, `swift` or `b2`. */
  readonly id: string;
  /** For people: what it is, and where it was found. */
  readonly label: string;
  readonly driver: 's3' | 'swift' | 'backblaze_b2';
  /** As in `http://127.0.0.1:9000`; undefined: the provider's own. */
  readonly endpoint: string | undefined;
  /** Settings of the target that are no secrets, without those that the endpoint gives. */
  readonly settings: Readonly<Record<string, string>>;
  /** Secrets by the setting that takes them. */
  readonly secrets: Readonly<Record<string, FoundSecret>>;
  /** What stands for the secrets where the program runs as the user who has them. */
  readonly reference: Readonly<Record<string, string>> | undefined;
}

export interface FoundSecret {
  readonly value: string;
  /** The environment variable that has it, and nothing else; undefined: it is a part of something. */
  readonly variable: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const MINIO_ENDPOINT = 'http://127.0.0.1:9000';

/**
 * The accounts that the environment and the shared AWS files name, the most particular first: keys in variables, MinIO and its
 * client, Swift, Backblaze B2, then the profiles. Pure. `profiles`: those of the AWS files, by name.
 */
export function findAccounts(
  env: Environment,
  profiles: ReadonlyMap<string, Profile>,
): readonly FoundAccount[] {
  return [
    ...awsVariables(env),
    ...minioVariables(env),
    ...clientHosts(env),
    ...swiftVariables(env),
    ...b2Variables(env),
    ...[...profiles].flatMap(([name, profile]) => awsProfile(name, profile, env)),
  ];
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html */
function awsVariables(env: Environment): readonly FoundAccount[] {
  const secrets = secretsOf(env, {
    key: ['AWS_ACCESS_KEY_ID'],
    secret: ['AWS_SECRET_ACCESS_KEY'],
    token: ['AWS_SESSION_TOKEN'],
  });
  if (!hasKeys(secrets)) return [];
  const endpoint = awsEndpoint(env);
  const where = endpoint === undefined ? 'AWS S3' : `S3 at ${endpoint}`;
  return [
    {
      id: 'aws',
      label: `${where}, with the keys of AWS_ACCESS_KEY_ID`,
      driver: 's3',
      endpoint,
      settings: { ...awsAlone(endpoint), ...regionOf(env) },
      secrets,
      reference: undefined,
    },
  ];
}

/** Only profiles that hold keys themselves: no other could be placed with a service of another user. */
function awsProfile(name: string, profile: Profile, env: Environment): readonly FoundAccount[] {
  const keys = keysOf(profile);
  if (keys === undefined) return [];
  const endpoint = urlOf(profile['endpoint_url']) ?? awsEndpoint(env);
  const secret = (value: string): FoundSecret => ({ value, variable: undefined });
  const where = endpoint === undefined ? 'AWS S3' : `S3 at ${endpoint}`;
  const region = profile['region'];
  return [
    {
      id: `aws:${name}`,
      label: `${where}, with the AWS profile ${name}`,
      driver: 's3',
      endpoint,
      settings: { ...awsAlone(endpoint), ...(region ? { region } : regionOf(env)) },
      secrets: {
        key: secret(keys.accessKeyId),
        secret: secret(keys.secretAccessKey),
        ...(keys.sessionToken !== undefined && { token: secret(keys.sessionToken) }),
      },
      reference: { aws_profile: name },
    },
  ];
}

/** https://docs.min.io/ (the server's variables), and those that programs on top of it use. */
function minioVariables(env: Environment): readonly FoundAccount[] {
  const secrets = secretsOf(env, {
    key: ['MINIO_ROOT_USER', 'MINIO_ACCESS_KEY'],
    secret: ['MINIO_ROOT_PASSWORD', 'MINIO_SECRET_KEY'],
  });
  if (!hasKeys(secrets)) return [];
  const named = first(env, 'MINIO_ENDPOINT', 'MINIO_SERVER_URL', 'MINIO_URL', 'MINIO_ADDRESS');
  const endpoint = urlOf(named && env[named]) ?? MINIO_ENDPOINT;
  const label = `S3 at ${endpoint}, with the keys of MinIO (${secrets['key']?.variable})`;
  return [
    { id: 'minio', label, driver: 's3', endpoint, settings: {}, secrets, reference: undefined },
  ];
}

/** `MC_HOST_NAME=https://KEY:SECRET[:TOKEN]@HOST[:PORT]`, as MinIO's client `mc` takes it. */
function clientHosts(env: Environment): readonly FoundAccount[] {
  return Object.entries(env).flatMap(([variable, value]) => {
    const name = /^MC_HOST_(\w+)$/.exec(variable)?.[1];
    const match = /^(https?):\/\/([^:@/]+):(.+)@([^@/]+)\/?$/.exec(value ?? '');
    if (name === undefined || match === null) return [];
    const [, scheme = '', key = '', rest = '', host = ''] = match;
    const endpoint = urlOf(`${scheme}://${host}`);
    if (endpoint === undefined) return [];
    const [secret = '', token] = rest.split(':', 2);
    const part = (text: string): FoundSecret => ({ value: decoded(text), variable: undefined });
    return [
      {
        id: `mc:${name}`,
        label: `S3 at ${endpoint}, with the keys of ${variable}`,
        driver: 's3' as const,
        endpoint,
        settings: {},
        secrets: {
          key: part(key),
          secret: part(secret),
          ...(token !== undefined && { token: part(token) }),
        },
        reference: undefined,
      },
    ];
  });
}

/** What a setting of Swift is called in an openrc file, and by the older `swift` command. */
const SWIFT_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  auth_url: ['OS_AUTH_URL', 'ST_AUTH'],
  region: ['OS_REGION_NAME'],
  key: ['OS_USERNAME', 'ST_USER'],
  project_id: ['OS_PROJECT_ID', 'OS_TENANT_ID'],
  project: ['OS_PROJECT_NAME', 'OS_TENANT_NAME'],
  project_domain: ['OS_PROJECT_DOMAIN_NAME'],
  project_domain_id: ['OS_PROJECT_DOMAIN_ID'],
  user_domain: ['OS_USER_DOMAIN_NAME'],
  user_domain_id: ['OS_USER_DOMAIN_ID'],
};
const APPLICATION_CREDENTIAL: Readonly<Record<string, readonly string[]>> = {
  auth_url: ['OS_AUTH_URL'],
  region: ['OS_REGION_NAME'],
  key: ['OS_APPLICATION_CREDENTIAL_ID'],
};

function swiftVariables(env: Environment): readonly FoundAccount[] {
  const isApplication = first(env, 'OS_APPLICATION_CREDENTIAL_ID') !== undefined;
  const settings: Record<string, string> = isApplication
    ? { auth_type: 'application_credential' }
    : {};
  for (const [setting, names] of Object.entries(
    isApplication ? APPLICATION_CREDENTIAL : SWIFT_VARIABLES,
  )) {
    const value = env[first(env, ...names) ?? ''];
    if (value !== undefined) settings[setting] = value;
  }
  // An openrc file names the project twice, and the driver takes one of the two.
  if ('project_id' in settings) {
    for (const each of ['project', 'project_domain', 'project_domain_id']) delete settings[each];
  }
  const secrets = secretsOf(env, {
    secret: isApplication ? ['OS_APPLICATION_CREDENTIAL_SECRET'] : ['OS_PASSWORD', 'ST_KEY'],
  });
  const { auth_url: endpoint, key } = settings;
  if (endpoint === undefined || key === undefined || secrets['secret'] === undefined) return [];
  const from = first(env, 'OS_AUTH_URL') === undefined ? 'ST_AUTH' : 'OS_AUTH_URL';
  const label = `Swift at ${endpoint}, as ${key} (${from})`;
  return [
    { id: 'swift', label, driver: 'swift', endpoint, settings, secrets, reference: undefined },
  ];
}

/** Those of Backblaze's own command, `b2`. */
function b2Variables(env: Environment): readonly FoundAccount[] {
  const secrets = secretsOf(env, {
    key: ['B2_APPLICATION_KEY_ID'],
    secret: ['B2_APPLICATION_KEY'],
  });
  if (!hasKeys(secrets)) return [];
  const label = 'Backblaze B2, with the keys of B2_APPLICATION_KEY_ID';
  const driver = 'backblaze_b2';
  return [
    { id: 'b2', label, driver, endpoint: undefined, settings: {}, secrets, reference: undefined },
  ];
}

/** An endpoint of all services of AWS is no place for S3 where one of S3 alone is named. */
function awsEndpoint(env: Environment): string | undefined {
  const name = first(env, 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL');
  return name === undefined ? undefined : urlOf(env[name]);
}

function awsAlone(endpoint: string | undefined): Readonly<Record<string, string>> {
  return endpoint === undefined ? { profile: 'aws' } : {};
}

function regionOf(env: Environment): Readonly<Record<string, string>> {
  const name = first(env, 'AWS_REGION', 'AWS_DEFAULT_REGION');
  return name === undefined ? {} : { region: env[name] ?? '' };
}

/** `host:port`, `:port` and URLs without a path, as URLs; undefined for anything else. */
function urlOf(written: string | undefined): string | undefined {
  if (!written) return undefined;
  const text = written.includes('://') ? written : `http://${written.replace(/^:/, '127.0.0.1:')}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/';
  return isPlain && url.username === '' ? url.origin : undefined;
}

function first(env: Environment, ...names: readonly string[]): string | undefined {
  return names.find((name) => (env[name] ?? '') !== '');
}

function secretsOf(
  env: Environment,
  names: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, FoundSecret>> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([setting, variables]) => {
      const variable = first(env, ...variables);
      return variable === undefined ? [] : [[setting, { value: env[variable] ?? '', variable }]];
    }),
  );
}

function hasKeys(secrets: Readonly<Record<string, FoundSecret>>): boolean {
  return secrets['key'] !== undefined && secrets['secret'] !== undefined;
}

/** Percent-encoded, as in any URL; a text that is not stays. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
