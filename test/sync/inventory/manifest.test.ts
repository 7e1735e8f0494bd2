import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InventoryProblem } from '../../../src/sync/inventory/inventory-error.js';
import { rowReader } from '../../../src/sync/inventory/inventory-row.js';
import { readManifest } from '../../../src/sync/inventory/manifest.js';

const FILE = { key: 'data/a.csv.gz', size: 12, MD5checksum: 'F11166069f1990abeb9c97ace9cdfabc' };
const MANIFEST = {
  sourceBucket: 'box',
  destinationBucket: 'arn:aws:s3:::lists',
  version: '2016-11-30',
  creationTimestamp: '1514944800000',
  fileFormat: 'CSV',
  fileSchema: 'Bucket, Key, Size, ETag',
  files: [FILE],
};
const read = (changes: object) => readManifest(JSON.stringify({ ...MANIFEST, ...changes }));

test('manifest: says when the inventory was begun, its fields and its files', () => {
  expect(read({})).toEqual({
    sourceContainer: 'box',
    createdAtMs: 1_514_944_800_000,
    fields: ['Bucket', 'Key', 'Size', 'ETag'],
    files: [{ key: 'data/a.csv.gz', size: 12, md5: 'f11166069f1990abeb9c97ace9cdfabc' }],
  });
});

test.each([
  [{ fileFormat: 'Parquet' }, /"Parquet".*set the output format of the inventory to CSV/],
  [{ fileFormat: 'ORC' }, /"ORC".*set the output format of the inventory to CSV/],
  [{ fileSchema: 'Bucket, Key, ETag' }, /not have the field Size: choose it in the settings/],
  [{ fileSchema: 'Bucket, Key' }, /not have the fields Size and ETag: choose them/],
  [{ fileSchema: 'Bucket, Key, VersionId, Size, ETag' }, /set it to current versions only/],
  [{ fileSchema: 'Key, Size, ETag' }, /not that of an inventory/],
  [{ files: [{ ...FILE, size: -1 }] }, /not that of an inventory/],
  [{ files: [{ ...FILE, MD5checksum: 'none' }] }, /not that of an inventory/],
  [{ files: {} }, /not that of an inventory/],
  [{ creationTimestamp: 'yesterday' }, /not that of an inventory/],
  [{ creationTimestamp: undefined }, /not that of an inventory/],
])('manifest: %j is refused, with what to do', (changes, message) => {
  expect(() => read(changes)).toThrow(message);
  expect(() => read(changes)).toThrow(InventoryProblem);
});

test.each(['', '{', 'null', '[]', '"x"'])('manifest: %j is none', (text) => {
  expect(() => readManifest(text)).toThrow(InventoryProblem);
});

describe('row', () => {
  const FIELDS = ['Bucket', 'Key', 'VersionId', 'IsLatest', 'IsDeleteMarker', 'Size', 'ETag'];
  const row = (key: string, changes: readonly string[] = ['true', 'false', '3', 'e-2']) => [
    'box',
    key,
    'v',
    ...changes,
  ];
  const reader = rowReader(FIELDS, 'box');

  test('keys come back as they were, however they are encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (key, plus) => {
        const encoded = encodeURIComponent(key);
        expect(reader(row(plus ? encoded.replaceAll('%20', '+') : encoded))?.key).toBe(key);
      }),
    );
  });

  test('an ETag is in quotes, and an MD5 where it has the form of one', () => {
    const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
    expect(reader(row('a', ['true', 'false', '0', md5]))).toEqual({
      key: 'a',
      size: 0,
      md5,
      etag: `"${md5}"`,
    });
    expect(reader(row('a', ['TRUE', 'false', '3', '"x-2"']))).toMatchObject({
      md5: undefined,
      etag: '"x-2"',
    });
    expect(reader(row('a', ['true', 'false', '3', '']))).toMatchObject({ etag: undefined });
  });

  test('older versions and delete markers are no objects', () => {
    expect(reader(row('a', ['false', 'false', '3', 'e']))).toBeUndefined();
    expect(reader(row('a', ['true', 'true', '', '']))).toBeUndefined();
  });

  test.each([
    [['other', 'a', 'v', 'true', 'false', '3', 'e'], /objects of container "other"/],
    [row('a', ['true', 'false', '', 'e']), /a size is written as ""/],
    [row('a', ['true', 'false', '1e3', 'e']), /a size is written as "1e3"/],
    [row('%E0%A4%A'), /a key is written as "%E0%A4%A"/],
    [['box', 'a'], /a row has 2 fields, and the manifest names 7/],
  ])('%j is refused', (fields, message) => {
    expect(() => reader(fields)).toThrow(message);
    expect(() => reader(fields)).toThrow(InventoryProblem);
  });
});
