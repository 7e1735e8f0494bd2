import { UnsupportedOperationError } from '../errors.js';
import { S3 } from './errors.js';
import type { Profile } from './profiles.js';

/** Classes of providers that have these and no others; where an operator names them (Ceph, MinIO), any may be right. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
  aws: [
    'STANDARD',
    'STANDARD_IA',
    'ONEZONE_IA',
    'INTELLIGENT_TIERING',
    'GLACIER_IR',
    'GLACIER',
    'DEEP_ARCHIVE',
    'REDUCED_REDUNDANCY',
    'OUTPOSTS',
    'SNOW',
    'EXPRESS_ONEZONE',
    'FSX_OPENZFS',
    'FSX_ONTAP',
  ],
  // https://cloud.google.com/storage/docs/storage-classes
  'gcs-interop': [
    'STANDARD',
    'NEARLINE',
    'COLDLINE',
    'ARCHIVE',
    'MULTI_REGIONAL',
    'REGIONAL',
    'DURABLE_REDUCED_AVAILABILITY',
  ],
  // https://developers.cloudflare.com/r2/buckets/storage-classes/
  r2: ['STANDARD', 'STANDARD_IA'],
  // https://www.scaleway.com/en/docs/object-storage/concepts/#storage-class
  scaleway: ['STANDARD', 'ONEZONE_IA', 'GLACIER'],
};

const FORM = /^[A-Z0-9_]+$/;

/**
 * The class of a call or of the settings as the provider spells it: Libcloud's spellings (`glacier_ir`) are in lower case. One
 * that the provider cannot have throws UnsupportedOperationError, before anything is sent.
 */
export function storageClassNamed(
  written: string,
  { name, features }: Pick<Profile, 'name' | 'features'>,
): string {
  if (!features.includes('storage-class')) throw refused(`profile ${name} has no storage classes`);
  const spelled = written.toUpperCase();
  if (isStorageClass(spelled, { name, features })) return spelled;
  const known = KNOWN[name];
  const classes = known === undefined ? 'a name such as STANDARD_IA' : known.join(', ');
  throw refused(
    `profile ${name} has no storage class ${JSON.stringify(written)}: expected ${classes}`,
  );
}

/** Whether an object can be given this class, spelled as the provider spells it. */
export function isStorageClass(
  spelled: string,
  { name, features }: Pick<Profile, 'name' | 'features'>,
): boolean {
  const known = KNOWN[name];
  return (
    features.includes('storage-class') &&
    FORM.test(spelled) &&
    (known === undefined || known.includes(spelled))
  );
}

function refused(problem: string): UnsupportedOperationError {
  return new UnsupportedOperationError(problem, { driver: S3 });
}
