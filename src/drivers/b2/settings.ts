import { duration } from '../../config/amounts.js';
import {
  type ConfigContext,
  count,
  flag,
  type Infer,
  oneOf,
  secret,
  section,
  text,
} from '../../config/fields.js';
import { headerRules } from '../../config/header-rules.js';
import { connectionFields, hostName } from '../http/connection-settings.js';

const DAY_MS = 86_400_000;

const downloadUrl = {
  pattern: /^https?:\/\/[^\s?#@/]+$/,
  rule: 'a URL such as "https://files.example.com", without a path',
};

/** The settings of a target with `driver: backblaze_b2`. The names are Libcloud's where it has one. */
export const b2Settings = (context: ConfigContext) =>
  section('A Backblaze B2 account, by its native API.', {
    key: secret(
      'Id of the application key. Without it: B2_APPLICATION_KEY_ID of the environment.',
      context,
    ).optional(),
    secret: secret(
      'The application key. Without it: B2_APPLICATION_KEY of the environment.',
      context,
    ).optional(),
    host: hostName('Host that authorises; it names all others.').default('api.backblazeb2.com'),
    port: count('Port; default: 443, or 80 without TLS.', { min: 1, max: 65_535 }).optional(),
    ...connectionFields(context),
    hard_delete: flag(
      'Whether a delete removes all versions of an object. Otherwise it hides the object, and the lifecycle rules of the bucket decide how long its versions stay.',
    ).default(false),
    bucket_type: oneOf('Who may read a bucket that is created.', [
      'allPrivate',
      'allPublic',
    ]).default('allPrivate'),
    encryption: oneOf(
      'How B2 encrypts new objects: as the `bucket` says, or with keys of B2’s own (`sse-b2`).',
      ['bucket', 'sse-b2'],
    ).default('bucket'),
    headers: headerRules(),
    download_url: text(
      'Where URLs of objects lead, instead of Backblaze’s own host: a domain of a CDN in front of it.',
      downloadUrl,
    ).optional(),
    cdn_expiry: duration('How long a URL of an object in a private bucket is valid.', {
      min: 1000,
      max: 7 * DAY_MS,
    }).default(DAY_MS),
    test_mode: oneOf('Failures that the service is asked to simulate. For tests only.', [
      'fail_some_uploads',
      'expire_some_account_authorization_tokens',
      'force_cap_exceeded',
    ]).optional(),
  })
    // A function, so that no listing of settings shows the rest of the environment.
    .transform((written) => ({ ...written, environment: () => context.env }));

export type B2Settings = Infer<typeof b2Settings>;
