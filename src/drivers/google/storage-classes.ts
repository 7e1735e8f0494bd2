import { UnsupportedOperationError } from '../errors.js';
import { GOOGLE } from './errors.js';

/** https://cloud.google.com/storage/docs/storage-classes; the last three are of old. */
const CLASSES: readonly string[] = [
  'STANDARD',
  'NEARLINE',
  'COLDLINE',
  'ARCHIVE',
  'MULTI_REGIONAL',
  'REGIONAL',
  'DURABLE_REDUCED_AVAILABILITY',
];

/** The class as Google spells it; Libcloud's spellings are in lower case. Throws UnsupportedOperationError for one that there is not. */
export function storageClassNamed(written: string): string {
  const spelled = written.toUpperCase();
  if (CLASSES.includes(spelled)) return spelled;
  throw new UnsupportedOperationError(
    `Google Cloud Storage has no storage class ${JSON.stringify(written)}: expected ${CLASSES.join(', ')}`,
    { driver: GOOGLE },
  );
}
