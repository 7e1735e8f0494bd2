import { duration } from '../../config/amounts.js';
import {
  type ConfigContext,
  count,
  flag,
  type Infer,
  list,
  oneOf,
  secret,
  section,
  text,
} from '../../config/fields.js';
import { headerAndClassRules, headerValue, storageClass } from '../../config/header-rules.js';
import { connectionFields, hostName } from '../http/connection-settings.js';

const CANNED_ACLS = [
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
] as const;

const PROFILES = [
  'auto',
  'aws',
  'minio',
  'ceph',
  'r2',
  'b2',
  'wasabi',
  'digitalocean',
  'scaleway',
  'ovh',
  'linode',
  'gcs-interop',
  'swift-s3api',
  'generic',
] as const;

/** What a target with `driver: s3` may say. Names are Libcloud's where it has one. */
export const s3Settings = (context: ConfigContext, profile: (typeof PROFILES)[number] = 'auto') =>
  section('An S3 or S3-compatible store.', {
    profile: oneOf(
      'The provider. `auto` asks the server once and remembers the answer.',
      PROFILES,
    ).default(profile),
    key: secret(
      'Access key id. Without it: the environment, the shared AWS files, then container and instance metadata.',
      context,
    ).optional(),
    secret: secret('Secret access key.', context).optional(),
    token: secret('Session token of temporary keys.', context).optional(),
    aws_profile: text('Profile of the shared AWS files to take the keys from.').optional(),
    region: text(
      'Region. Default: AWS_REGION, the shared AWS files, then the provider’s own. Longshore detects the region of a container that is elsewhere.',
      {
        pattern: /^[A-Za-z0-9-]+$/,
        rule: 'a region such as "eu-central-1"',
      },
    ).optional(),
    host: hostName('Host of the service; default: the profile’s.').optional(),
    port: count('Port; default: 443, or 80 without TLS.', { min: 1, max: 65_535 }).optional(),
    ...connectionFields(context),
    api_version: oneOf('Version of the S3 API.', ['2006-03-01']).default('2006-03-01'),
    addressing: oneOf(
      '`virtual`: container.host/key; `path`: host/container/key; default: the profile’s.',
      ['auto', 'virtual', 'path'],
    ).default('auto'),
    listing_version: oneOf(
      'Version of the listing that the store has; default: the profile’s (v2).',
      ['auto', 'v1', 'v2'],
    ).default('auto'),
    etag: oneOf(
      'Whether the ETag of an object that is not in parts is its MD5; default: the profile’s.',
      ['auto', 'md5', 'opaque'],
    ).default('auto'),
    sign_payload: flag(
      'Signatures cover the content (SHA-256), not only its MD5 and the headers.',
    ).default(false),
    storage_class: storageClass('Storage class of new objects.').optional(),
    acl: oneOf('Canned ACL of new objects.', CANNED_ACLS).optional(),
    encryption: section('Encryption at the provider.', {
      type: oneOf(
        '`s3`: the provider’s keys; `kms`: a key of its key service; `customer`: a key of yours with each request.',
        ['s3', 'kms', 'customer'],
      ),
      kms_key: text('Id or ARN of the KMS key; default: the account’s.', headerValue).optional(),
      customer_key: secret(
        '256 bits in Base64 for `customer`. Without it the objects cannot be read.',
        context,
      ).optional(),
    }).optional(),
    object_lock: section(
      'Retention of new objects; the lease and longshore’s other short-lived objects get none.',
      {
        mode: oneOf(
          '`governance`: users with the right for it can lift it; `compliance`: no user can.',
          ['governance', 'compliance'],
        ).optional(),
        retain: duration('How long, from the upload on.', { min: 1 }).optional(),
        legal_hold: flag('Put a legal hold on new objects.').default(false),
      },
    ).optional(),
    tags: list(
      'Tags of new objects.',
      section('A tag.', { key: text('Key of the tag.'), value: text('Value of the tag.') }),
    ).default([]),
    headers: headerAndClassRules(),
    requester_pays: flag('Agree to pay for requests to a container of another account.').default(
      false,
    ),
    cdn_expiry: duration('How long a presigned URL is valid; at most seven days.', {
      min: 1000,
      max: 7 * 86_400_000,
    }).default(86_400_000),
  })
    // As a function, so that no listing of settings ever shows what else is in the environment.
    .transform((written) => ({ ...written, environment: () => context.env }));

export type S3Settings = Infer<typeof s3Settings>;
