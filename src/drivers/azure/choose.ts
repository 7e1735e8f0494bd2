import { StorageError } from '../errors.js';
import { type Address, addressOf, addressOfUrl } from './address.js';
import type { Application, Proof } from './credentials/entra.js';
import type { ManagedIdentity } from './credentials/managed-identity.js';
import { AZURE } from './errors.js';
import type { AzureSettings } from './settings.js';

/** How access to the account is got. */
export type ChosenAccess =
  | { readonly kind: 'key'; readonly key: () => string }
  | { readonly kind: 'sas'; readonly sas: () => string }
  | { readonly kind: 'application'; readonly application: Application }
  | { readonly kind: 'managed'; readonly identity: ManagedIdentity };

type Environment = Readonly<Record<string, string | undefined>>;

/** The account's address, by settings or the environment. Throws StorageError when nothing names the account. */
export function chooseAddress(settings: AzureSettings): Address {
  const env = settings.environment();
  if (settings.key !== undefined) return addressOf(settings.key, settings);
  const connection = connectionIn(env);
  const account =
    connection.get('AccountName') ??
    env['AZURE_STORAGE_ACCOUNT'] ??
    env['AZURE_STORAGE_ACCOUNT_NAME'];
  if (account === undefined || account === '')
    throw wrong(
      'key (the storage account) is missing, and so is AZURE_STORAGE_ACCOUNT in the environment',
    );
  const endpoint = connection.get('BlobEndpoint');
  if (endpoint !== undefined) return addressOfUrl(account, endpoint);
  const suffix = connection.get('EndpointSuffix');
  return addressOf(account, {
    ...settings,
    ...(suffix !== undefined && { host: `blob.${suffix}` }),
  });
}

/** Throws StorageError when the settings contradict each other, or something is missing. */
export function chooseAccess(settings: AzureSettings): ChosenAccess {
  const { auth_type: type, secret, sas, tenant_id: tenant } = settings;
  switch (type) {
    case 'shared_key':
      return { kind: 'key', key: () => needed('secret', secret).reveal() };
    case 'sas':
      return { kind: 'sas', sas: () => needed('sas', sas).reveal() };
    case 'azureAd':
    case 'certificate':
    case 'workload_identity':
      return { kind: 'application', application: applicationOf(settings, type) };
    case 'managed_identity':
      return { kind: 'managed', identity: identityOf(settings) };
    case 'auto':
      break;
  }
  if (secret !== undefined && sas !== undefined)
    throw wrong('secret and sas exclude each other: keep one, or set auth_type');
  if (sas !== undefined) return { kind: 'sas', sas: () => sas.reveal() };
  if (secret !== undefined && tenant === undefined)
    return { kind: 'key', key: () => secret.reveal() };
  if (secret !== undefined)
    return { kind: 'application', application: applicationOf(settings, 'azureAd') };
  if (settings.client_certificate !== undefined)
    return { kind: 'application', application: applicationOf(settings, 'certificate') };
  if (settings.federated_token_file !== undefined)
    return { kind: 'application', application: applicationOf(settings, 'workload_identity') };
  return fromEnvironment(settings);
}

/** As Azure's own tools look for it; at last the identity of the machine. */
function fromEnvironment(settings: AzureSettings): ChosenAccess {
  const env = settings.environment();
  const connection = connectionIn(env);
  const key = connection.get('AccountKey') ?? env['AZURE_STORAGE_KEY'];
  if (key) return { kind: 'key', key: () => key };
  const sas = connection.get('SharedAccessSignature') ?? env['AZURE_STORAGE_SAS_TOKEN'];
  if (sas) return { kind: 'sas', sas: () => sas };
  const proof = proofIn(env);
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: clientId } = env;
  if (proof === undefined || !tenant || !clientId)
    return { kind: 'managed', identity: identityOf(settings) };
  const authority = env['AZURE_AUTHORITY_HOST'] || settings.authority;
  return { kind: 'application', application: { authority, tenant, clientId, proof } };
}

function proofIn(env: Environment): Proof | undefined {
  const {
    AZURE_CLIENT_SECRET: secret,
    AZURE_CLIENT_CERTIFICATE_PATH: certificate,
    AZURE_FEDERATED_TOKEN_FILE: token,
  } = env;
  if (secret) return { kind: 'secret', secret: () => secret };
  if (certificate) return { kind: 'certificate', file: certificate };
  return token ? { kind: 'federated', file: token } : undefined;
}

function applicationOf(
  settings: AzureSettings,
  type: 'azureAd' | 'certificate' | 'workload_identity',
): Application {
  const env = settings.environment();
  const { secret } = settings;
  const tenant = needed('tenant_id', settings.tenant_id ?? env['AZURE_TENANT_ID']);
  const clientId = needed('client_id', settings.client_id ?? env['AZURE_CLIENT_ID']);
  const certificate = settings.client_certificate ?? env['AZURE_CLIENT_CERTIFICATE_PATH'];
  const token = settings.federated_token_file ?? env['AZURE_FEDERATED_TOKEN_FILE'];
  const proofs = {
    azureAd: () => ({ kind: 'secret', secret: () => needed('secret', secret).reveal() }) as const,
    certificate: () =>
      ({ kind: 'certificate', file: needed('client_certificate', certificate) }) as const,
    workload_identity: () =>
      ({ kind: 'federated', file: needed('federated_token_file', token) }) as const,
  };
  return { authority: settings.authority, tenant, clientId, proof: proofs[type]() };
}

function identityOf({
  client_id: clientId,
  identity_resource: resourceId,
}: AzureSettings): ManagedIdentity {
  return { clientId, resourceId };
}

/** `Name=value` pairs; a value may have `=` in it. Empty when there is no connection string. */
function connectionIn({
  AZURE_STORAGE_CONNECTION_STRING: text = '',
}: Environment): ReadonlyMap<string, string> {
  return new Map(
    text
      .split(';')
      .map((pair) => pair.trim().split(/=(.*)/s, 2))
      .flatMap(([name = '', value = '']) => (name === '' ? [] : [[name, value] as const])),
  );
}

function needed<T>(name: string, value: T | undefined): T {
  if (value === undefined || value === '') throw wrong(`${name} is missing`);
  return value;
}

function wrong(problem: string): StorageError {
  return new StorageError(problem, { driver: AZURE });
}
