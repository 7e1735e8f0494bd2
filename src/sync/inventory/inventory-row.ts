import type { BareObject } from '../../drivers/packed-objects.js';
import { InventoryProblem } from './inventory-error.js';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html

/** What a row of an inventory says of an object that was there; undefined: it is of an older version, or of a delete. */
export type ReadRow = (row: readonly string[]) => BareObject | undefined;

/**
 * Reads rows with these fields, of an inventory of this container.
 * @throws InventoryProblem for a row of another container, or with values of another form
 */
export function rowReader(fields: readonly string[], container: string): ReadRow {
  const bucketAt = fields.indexOf('Bucket');
  const keyAt = fields.indexOf('Key');
  const sizeAt = fields.indexOf('Size');
  const etagAt = fields.indexOf('ETag');
  const latestAt = fields.indexOf('IsLatest');
  const markerAt = fields.indexOf('IsDeleteMarker');

  return (row) => {
    if (row.length !== fields.length)
      throw new InventoryProblem(
        `a row has ${row.length} fields, and the manifest names ${fields.length}`,
      );
    if (row[bucketAt] !== container)
      throw new InventoryProblem(`it has objects of container ${JSON.stringify(row[bucketAt])}`);
    if (latestAt >= 0 && !isTrue(row[latestAt])) return undefined;
    if (markerAt >= 0 && isTrue(row[markerAt])) return undefined;
    const size = row[sizeAt] ?? '';
    if (!/^\d{1,15}$/.test(size))
      throw new InventoryProblem(`a size is written as ${JSON.stringify(size)}`);
    const etag = (row[etagAt] ?? '').replace(/^"(.*)"$/s, '$1');
    return {
      key: decodeKey(row[keyAt] ?? ''),
      size: Number(size),
      // That of an object in parts, or under a key of KMS, is no MD5: a comparison with the record shows that.
      md5: /^[0-9a-f]{32}$/.test(etag) ? etag : undefined,
      etag: etag === '' ? undefined : `"${etag}"`,
    };
  };
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}

/** Undoes the URL-encoding of keys in CSV files, in which a space is `+`. */
function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    throw new InventoryProblem(`a key is written as ${JSON.stringify(text)}`);
  }
}
