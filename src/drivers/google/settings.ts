import { duration } from '../../config/amounts.js';
import {
  type ConfigContext,
  count,
  flag,
  folder,
  type Infer,
  list,
  oneOf,
  section,
  text,
} from '../../config/fields.js';
import { headerValue, storageClass } from '../../config/header-rules.js';
import { connectionFields, hostName } from '../http/connection-settings.js';

const accountEmail = {
  pattern: /^[^\s@]+@[^\s@]+$/,
  rule: 'the e-mail of a service account (HMAC keys, which begin with GOOG, are for driver s3 with profile gcs-interop)',
};

const accountFields = (context: ConfigContext) => ({
  credentials_file: folder(
    'File with the key of a service account, or any other credentials of Google (user, external account, impersonation). Default: GOOGLE_APPLICATION_CREDENTIALS, then what `gcloud auth application-default login` left, then the metadata server.',
    context,
  ).optional(),
  key: text(
    'E-mail of the service account, where credentials_file is only its private key (PEM), as Libcloud takes it.',
    accountEmail,
  ).optional(),
  auth: oneOf(
    '`auto`: as credentials_file says; `metadata`: only the metadata server; `anonymous`: no token, for emulators and public buckets.',
    ['auto', 'metadata', 'anonymous'],
  ).default('auto'),
  impersonate: text(
    'Service account to act as; the account of the credentials needs the role Service Account Token Creator.',
    accountEmail,
  ).optional(),
  project: text(
    'Project of buckets that are created and listed. Default: GOOGLE_CLOUD_PROJECT.',
  ).optional(),
  user_project: text('Project that pays for requests to a requester-pays bucket.').optional(),
});

/** Those of other drivers, without `expires`, which Google does not keep. */
const headerRules = () =>
  list(
    'Headers and storage class by name pattern; the first match of each wins.',
    section('For objects whose name matches.', {
      match: text(
        'Names that the rule is for, by a pattern like those of .gitignore: `*.html`, `assets/**`.',
      ).default('*'),
      content_type: text('Value of Content-Type.', headerValue).optional(),
      cache_control: text('Value of Cache-Control.', headerValue).optional(),
      content_disposition: text('Value of Content-Disposition.', headerValue).optional(),
      content_encoding: text('Value of Content-Encoding.', headerValue).optional(),
      content_language: text('Value of Content-Language.', headerValue).optional(),
      storage_class: storageClass('Storage class of these objects.').optional(),
    }),
  ).default([]);

const objectFields = () => ({
  storage_class: storageClass(
    'Storage class of new objects: STANDARD, NEARLINE, COLDLINE or ARCHIVE.',
  ).optional(),
  headers: headerRules(),
  kms_key: text(
    'Key of Cloud KMS for new objects: projects/P/locations/L/keyRings/R/cryptoKeys/K.',
    headerValue,
  ).optional(),
  temporary_hold: flag(
    'Put a temporary hold on new objects; longshore’s own short-lived objects get none.',
  ).default(false),
  uploads: oneOf(
    'How large files go: `multipart`: parts in parallel (the object has a CRC32C and no MD5); `resumable`: one stream that goes on where it broke off (the object has both).',
    ['multipart', 'resumable'],
  ).default('multipart'),
  location: text('Where buckets are created, such as EU or EUROPE-WEST1. Default: US.', {
    pattern: /^[A-Za-z0-9-]+$/,
    rule: 'a location such as "EU" or "europe-west1"',
  }).optional(),
  cdn_expiry: duration('How long a signed URL is valid; at most seven days.', {
    min: 1000,
    max: 7 * 86_400_000,
  }).default(86_400_000),
});

/** The settings of a target with `driver: google_storage`. Names are Libcloud's where it has one. */
export const googleSettings = (context: ConfigContext) =>
  section(
    'Google Cloud Storage, by its JSON API.',
    {
      ...accountFields(context),
      host: hostName('Host of the service. Default: storage.googleapis.com.').optional(),
      port: count('Port; default: 443, or 80 without TLS.', { min: 1, max: 65_535 }).optional(),
      ...connectionFields(context),
      ...objectFields(),
    },
    { otherNames: { secret: 'credentials_file', region: 'location' } },
  )
    // A function, so that no listing of settings shows the rest of the environment.
    .transform((written) => ({ ...written, environment: () => context.env }));

export type GoogleSettings = Infer<typeof googleSettings>;
