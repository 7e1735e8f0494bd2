import { type Environment, type FoundAccount, first, part, secretsOf } from './init-account.js';

// https://learn.microsoft.com/azure/storage/blobs/authorize-data-operations-cli and
// https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string

/** Azurite's account, whose key is public: https://learn.microsoft.com/azure/storage/common/storage-use-azurite */
export const AZURITE: Readonly<Record<string, string>> = {
  AccountName: 'devstoreaccount1',
  AccountKey:
    'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  BlobEndpoint: 'http://127.0.0.1:10000/devstoreaccount1',
};

/** The account of a connection string, or of the variables of Azure's command and libraries. */
export function azureVariables(env: Environment): readonly FoundAccount[] {
  const { AZURE_STORAGE_CONNECTION_STRING: text = '' } = env;
  const found = accountOfConnection(text);
  if (found === undefined) return namedAccount(env);
  const label = `${found.label} (AZURE_STORAGE_CONNECTION_STRING)`;
  return [{ ...found, label }, ...namedAccount(env)];
}

/** `Name=value;…` with what gives access; a value may have `=` in it. Undefined: it has not, or is of another form. */
export function accountOfConnection(text: string): FoundAccount | undefined {
  const written = new Map(
    text.split(';').map((pair) => [pair.replace(/=.*$/s, '').trim(), pair.replace(/^[^=]*=/, '')]),
  );
  const isAzurite = written.get('UseDevelopmentStorage')?.toLowerCase() === 'true';
  const valueAt = (name: string) => (isAzurite ? AZURITE[name] : written.get(name)) || undefined;
  const key = valueAt('AccountName');
  const secret = valueAt('AccountKey');
  const sas = valueAt('SharedAccessSignature');
  if (key === undefined || (secret ?? sas) === undefined) return undefined;
  const protocol = valueAt('DefaultEndpointsProtocol') ?? 'https';
  const suffix = valueAt('EndpointSuffix') ?? 'core.windows.net';
  const place = placeOf(key, valueAt('BlobEndpoint') ?? `${protocol}://${key}.blob.${suffix}`);
  if (place === undefined) return undefined;
  const { endpoint } = place;
  return {
    id: 'azure',
    label: `Azure Blob Storage${endpoint === undefined ? '' : ` at ${endpoint}`}, account ${key}`,
    driver: 'azure_blobs',
    endpoint,
    settings: { key, ...place.settings },
    secrets: secret !== undefined ? { secret: part(secret) } : { sas: part(sas ?? '') },
    reference: undefined,
  };
}

/** Undefined: the text is no URL of this account. */
function placeOf(
  account: string,
  text: string,
): Pick<FoundAccount, 'endpoint' | 'settings'> | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  if (path === `/${account}`) return { endpoint: url.origin, settings: {} };
  if (path !== '') return undefined;
  return url.origin === `https://${account}.blob.core.windows.net`
    ? { endpoint: undefined, settings: {} }
    : { endpoint: url.origin, settings: { addressing: 'host' } };
}

function namedAccount(env: Environment): readonly FoundAccount[] {
  const name = first(env, 'AZURE_STORAGE_ACCOUNT', 'AZURE_STORAGE_ACCOUNT_NAME');
  if (name === undefined) return [];
  const key = env[name] ?? '';
  const account = {
    id: 'azure',
    driver: 'azure_blobs' as const,
    endpoint: undefined,
    reference: undefined,
  };
  const label = (how: string) => `Azure Blob Storage, account ${key}, with ${how}`;
  const secrets = secretsOf(env, { secret: ['AZURE_STORAGE_KEY'] });
  if ('secret' in secrets)
    return [{ ...account, label: label('AZURE_STORAGE_KEY'), settings: { key }, secrets }];
  const signed = secretsOf(env, { sas: ['AZURE_STORAGE_SAS_TOKEN'] });
  if ('sas' in signed)
    return [
      { ...account, label: label('AZURE_STORAGE_SAS_TOKEN'), settings: { key }, secrets: signed },
    ];
  const application = applicationIn(env);
  return application === undefined
    ? []
    : [
        {
          ...account,
          ...application,
          label: label('the application AZURE_CLIENT_ID'),
          settings: { key, ...application.settings },
        },
      ];
}

/** An application of Entra ID, by what proves that it is the one. */
function applicationIn({
  AZURE_TENANT_ID: tenant_id,
  AZURE_CLIENT_ID: client_id,
  AZURE_AUTHORITY_HOST: authority,
  ...env
}: Environment): Pick<FoundAccount, 'settings' | 'secrets' | 'isPersonal'> | undefined {
  if (!tenant_id || !client_id) return undefined;
  const settings = { tenant_id, client_id, ...(authority && { authority }) };
  const secrets = secretsOf(env, { secret: ['AZURE_CLIENT_SECRET'] });
  if ('secret' in secrets) return { settings, secrets };
  const {
    AZURE_CLIENT_CERTIFICATE_PATH: client_certificate,
    AZURE_FEDERATED_TOKEN_FILE: federated_token_file,
  } = env;
  if (client_certificate)
    return { settings: { ...settings, client_certificate }, secrets: {}, isPersonal: true };
  return federated_token_file
    ? { settings: { ...settings, federated_token_file }, secrets: {}, isPersonal: true }
    : undefined;
}
