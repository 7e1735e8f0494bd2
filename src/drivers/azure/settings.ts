import { duration, size } from '../../config/amounts.js';
import {
  type ConfigContext,
  count,
  folder,
  type Infer,
  oneOf,
  secret,
  section,
  text,
} from '../../config/fields.js';
import { headerAndClassRules, storageClass } from '../../config/header-rules.js';
import { connectionFields, hostName } from '../http/connection-settings.js';

const MIB = 2 ** 20;

/** The version of the service's REST API that every request names; the newest that Azurite and older stores know, too. */
const API_VERSION = '2023-11-03';

/** The fields that say who asks. */
const accessFields = (context: ConfigContext) => ({
  key: text(
    'Name of the storage account. Without it: AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT (AZURE_STORAGE_ACCOUNT_NAME) in the environment.',
    { pattern: /^[a-z0-9-]{3,64}$/, rule: 'a storage account, such as "mybackups"' },
  ).optional(),
  secret: secret(
    'Key of the account in base64; with tenant_id the secret of the application.',
    context,
  ).optional(),
  sas: secret(
    'Shared access signature of the account or of one container: "sv=…&sig=…".',
    context,
  ).optional(),
  auth_type: oneOf(
    'What gives access. `auto`: what the settings have, else the environment, else the managed identity of this machine.',
    [
      'auto',
      'shared_key',
      'sas',
      'azureAd',
      'certificate',
      'workload_identity',
      'managed_identity',
    ],
  ).default('auto'),
  tenant_id: text('Entra tenant, for azureAd, certificate and workload_identity.').optional(),
  client_id: text(
    'Application (client) id in Entra, or the user-assigned managed identity.',
  ).optional(),
  client_certificate: folder(
    'PEM file with certificate and private key of the application.',
    context,
  ).optional(),
  federated_token_file: folder(
    'File with the token of a workload identity, as Kubernetes writes it.',
    context,
  ).optional(),
  identity_resource: text(
    'Resource id of the user-assigned managed identity, instead of client_id.',
  ).optional(),
  authority: text('Where Entra’s tokens come from; other clouds have another host.', {
    pattern: /^https?:\/\/[^\s?#@/]+\/?$/,
    rule: 'a URL such as "https://login.microsoftonline.us"',
  }).default('https://login.microsoftonline.com'),
});

/** The fields that say where the account is. */
const placeFields = (context: ConfigContext) => ({
  host: hostName(
    'Host: of another cloud (blob.core.usgovcloudapi.net), of a private link, or of Azurite and IoT Edge. Default: blob.core.windows.net.',
  ).optional(),
  port: count('Port; default: 443, or 80 without TLS.', { min: 1, max: 65_535 }).optional(),
  addressing: oneOf(
    '`host`: account.host/container; `path`: host/account/container; `auto`: host for Azure’s own hosts, else path.',
    ['auto', 'host', 'path'],
  ).default('auto'),
  ...connectionFields(context),
  api_version: text('Version of the REST API; older stores want an older one.', {
    pattern: /^\d{4}-\d{2}-\d{2}$/,
    rule: 'a version such as "2021-08-06"',
  }).default(API_VERSION),
});

/** The settings of a target with `driver: azure_blobs`. The names are Libcloud's where it has one. */
export const azureSettings = (context: ConfigContext) =>
  section(
    'A storage account of Azure Blob Storage.',
    {
      ...accessFields(context),
      ...placeFields(context),
      block_size: size('Bytes per block of a large object; more where it would have over 50,000.', {
        min: MIB,
        max: 4_000 * MIB,
      }).default(8 * MIB),
      storage_class: storageClass(
        'Access tier of new objects: HOT, COOL, COLD or ARCHIVE.',
      ).optional(),
      headers: headerAndClassRules(),
      cdn_expiry: duration('How long the SAS in an object’s URL is valid.', { min: 1000 }).default(
        86_400_000,
      ),
    },
    { otherNames: { identity: 'client_id', access_tier: 'storage_class' } },
  )
    // A function, so that no listing of settings shows the rest of the environment.
    .transform((written) => ({ ...written, environment: () => context.env }));

export type AzureSettings = Infer<typeof azureSettings>;
