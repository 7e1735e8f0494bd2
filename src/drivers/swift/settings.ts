import { duration, size } from '../../config/amounts.js';
import {
  type ConfigContext,
  count,
  type Infer,
  oneOf,
  secret,
  section,
  text,
} from '../../config/fields.js';
import { headerRules } from '../../config/header-rules.js';
import { connectionFields, hostName } from '../http/connection-settings.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Refuses `https://user:password@host`, because every error about the address would repeat the password. */
export const urlText = {
  pattern: /^https?:\/\/[^\s?#@/]+(?:\/[^\s?#]*)?$/,
  rule: 'a URL that begins with "https://" or "http://", without user and password',
};

/** The fields about the user, the identity service and the account. */
const accountFields = (context: ConfigContext) => ({
  key: text(
    'User; for an application credential its id. Without it: the environment (OS_* as of an openrc file, or ST_*).',
  ).optional(),
  secret: secret('Password, API key, or secret of the application credential.', context).optional(),
  auth_url: text(
    'Where tokens come from: https://HOST:5000/v3, https://HOST/auth/v1.0. Default: built from host, port and secure.',
    urlText,
  ).optional(),
  auth_version: oneOf(
    '1: TempAuth; 2 and 3: Keystone. Default: what auth_url ends with (/v3, /v2.0; /auth/v1.0, /auth/1.0 and /auth are TempAuth), else 3.',
    ['auto', '1', '2', '3'],
  ).default('auto'),
  auth_type: oneOf('What key and secret are.', [
    'password',
    'application_credential',
    'apikey',
  ]).default('password'),
  host: hostName('Host of the identity service, instead of auth_url.').optional(),
  port: count('Port; default: 5000 for Keystone, else 443, or 80 without TLS.', {
    min: 1,
    max: 65_535,
  }).optional(),
  ...connectionFields(context),
  api_version: oneOf('Version of the Object Storage API.', ['1.0']).default('1.0'),
  project: text('Project (tenant) by name.').optional(),
  project_id: text('Project (tenant) by id.').optional(),
  project_domain: text('Domain of the project by name. Default: that of the user.').optional(),
  project_domain_id: text('Domain of the project by id.').optional(),
  user_domain: text('Domain of the user by name.').default('Default'),
  user_domain_id: text('Domain of the user by id, instead of its name.').optional(),
  region: text(
    'Region in the service catalogue. Needed when object storage is in several.',
  ).optional(),
  interface: oneOf('Which of the service’s addresses.', ['public', 'internal', 'admin']).default(
    'public',
  ),
  service_type: text('Type in the service catalogue.').default('object-store'),
  service_name: text('Name in the service catalogue.').optional(),
  storage_url: text(
    'The account’s URL, instead of the one that the identity service names.',
    urlText,
  ).optional(),
  token: secret(
    'A token, instead of key and secret. Needs storage_url; cannot be renewed.',
    context,
  ).optional(),
});

/** The fields that say how objects are stored and published. */
const objectFields = (context: ConfigContext) => ({
  max_put_size: size('Largest object, or segment, that the service takes in one request.', {
    min: MIB,
  }).default(5 * GIB),
  segment_size: size('Bytes per segment of a large object; more where it would have over 1,000.', {
    min: MIB,
    max: 5 * GIB,
  }).default(16 * MIB),
  segments_container: text(
    'Where segments of large objects are kept; {container} is the name of the object’s container.',
    {
      pattern: /^(?!\{container\}$)[^/\0]+$/,
      rule: 'the name of another container than that of the objects',
    },
  ).default('{container}_segments'),
  headers: headerRules(),
  storage_policy: text('Storage policy of containers that are created.', {
    pattern: /^[\x21-\x7e]+$/,
    rule: 'a policy’s name',
  }).optional(),
  temp_url_key: secret(
    'Key for temporary URLs, as set on the account or container. Default: looked up, or created.',
    context,
  ).optional(),
  temp_url_digest: oneOf(
    'Digest of temporary URLs; `auto`: one that the service allows (`/info`).',
    ['auto', 'sha1', 'sha256', 'sha512'],
  ).default('auto'),
  cdn_expiry: duration('How long a temporary URL is valid.', { min: 1000 }).default(86_400_000),
});

/** The settings of a target with `driver: swift`. The names are Libcloud's where it has one. */
export const swiftSettings = (context: ConfigContext) =>
  section(
    'An OpenStack Object Storage (Swift) account.',
    { ...accountFields(context), ...objectFields(context) },
    {
      otherNames: {
        ex_force_auth_url: 'auth_url',
        ex_force_auth_token: 'token',
        ex_force_base_url: 'storage_url',
        ex_force_service_region: 'region',
        ex_force_service_type: 'service_type',
        ex_force_service_name: 'service_name',
        ex_tenant_name: 'project',
        ex_domain_name: 'user_domain',
      },
    },
  )
    // A function, so that no listing of settings shows the rest of the environment.
    .transform((written) => ({ ...written, environment: () => context.env }));

export type SwiftSettings = Infer<typeof swiftSettings>;
