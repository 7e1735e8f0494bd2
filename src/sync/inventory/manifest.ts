import { InventoryProblem } from './inventory-error.js';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html

/** One file of an inventory. */
export interface InventoryFile {
  readonly key: string;
  /** Bytes, compressed. */
  readonly size: number;
  /** Lower-case hex, of these bytes. */
  readonly md5: string;
}

export interface InventoryManifest {
  /** When the provider began to go through the container, by its clock; milliseconds since the epoch. */
  readonly createdAtMs: number;
  readonly sourceContainer: string;
  /** Names of the fields of a row, in order. */
  readonly fields: readonly string[];
  readonly files: readonly InventoryFile[];
}

/** Fields that one can choose, and that a comparison cannot do without. */
const OPTIONAL_FIELDS = ['Size', 'ETag'] as const;

/**
 * Reads a manifest.json. Its files are in CSV: a row group of Parquet, or a stripe of ORC, can only be decoded as a whole,
 * which takes as much memory as the provider chose to make it large.
 * @throws InventoryProblem
 */
export function readManifest(text: string): InventoryManifest {
  const manifest = parsed(text);
  const { sourceBucket, creationTimestamp, fileFormat, fileSchema, files } = manifest;
  if (fileFormat !== 'CSV')
    throw new InventoryProblem(
      `its files are in ${JSON.stringify(fileFormat)}, and longshore reads CSV: set the output format of the inventory to CSV`,
    );
  if (typeof sourceBucket !== 'string' || typeof fileSchema !== 'string' || !Array.isArray(files))
    throw incomplete();
  // A number in a text, in the manifests of AWS.
  const createdAtMs = Number(creationTimestamp ?? Number.NaN);
  if (!Number.isSafeInteger(createdAtMs) || createdAtMs <= 0) throw incomplete();
  const fields = fileSchema.split(',').map((field) => field.trim());
  refuseMissing(fields);
  return { sourceContainer: sourceBucket, createdAtMs, fields, files: files.map(fileOf) };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw incomplete();
  }
  if (!isRecord(value)) throw incomplete();
  return value;
}

function fileOf(value: unknown): InventoryFile {
  if (!isRecord(value)) throw incomplete();
  const { key, size, MD5checksum: md5 } = value;
  if (typeof key !== 'string' || key === '' || typeof md5 !== 'string') throw incomplete();
  if (!Number.isSafeInteger(size) || (size as number) < 0 || !/^[0-9a-f]{32}$/i.test(md5))
    throw incomplete();
  return { key, size: size as number, md5: md5.toLowerCase() };
}

function refuseMissing(fields: readonly string[]): void {
  const missing = OPTIONAL_FIELDS.filter((field) => !fields.includes(field));
  if (missing.length > 0)
    throw new InventoryProblem(
      `it does not have the ${missing.length === 1 ? 'field' : 'fields'} ${missing.join(' and ')}: choose ${missing.length === 1 ? 'it' : 'them'} in the settings of the inventory`,
    );
  if (!fields.includes('Bucket') || !fields.includes('Key')) throw incomplete();
  if (fields.includes('VersionId') && !fields.includes('IsLatest'))
    throw new InventoryProblem(
      'it has all versions of an object and does not say which is the latest: set it to current versions only',
    );
}

function incomplete(): InventoryProblem {
  return new InventoryProblem(
    'its manifest.json is not that of an inventory: is this the place to which the inventory is delivered?',
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
