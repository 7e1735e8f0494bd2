import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import { call, listAll, plain } from '../drivers/conformance/fixture.js';

/** A row of an inventory of all versions, as AWS writes it. */
export interface InventoryRow {
  readonly key: string;
  readonly size?: number;
  /** Without quotes. */
  readonly etag?: string;
  readonly bucket?: string;
  /** Default true. */
  readonly latest?: boolean;
  readonly deleteMarker?: boolean;
}

export interface InventoryPlaceAndTime {
  /** The destination. */
  readonly container: string;
  readonly prefix?: string;
  readonly id: string;
  /** Of what: the container that is listed. */
  readonly source: string;
  readonly madeAtMs: number;
}

const FIELDS = [
  'Bucket',
  'Key',
  'VersionId',
  'IsLatest',
  'IsDeleteMarker',
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'IsMultipartUploaded',
];

/** The lines of a CSV file of these rows. */
export function csvOf(source: string, rows: readonly InventoryRow[]): string {
  return rows
    .map(({ key, size, etag, bucket = source, latest = true, deleteMarker = false }) =>
      [
        bucket,
        encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
        'v1',
        String(latest),
        String(deleteMarker),
        size ?? '',
        '2026-11-29T01:02:03.000Z',
        etag ?? '',
        deleteMarker ? '' : 'STANDARD',
        'false',
      ]
        .map((field) => `"${field}"`)
        .join(','),
    )
    .join('\n')
    .concat(rows.length === 0 ? '' : '\n');
}

export type Manifest = Record<string, unknown>;

export interface DeliveryOptions {
  /** Rows that one file has at the most. Default 3. */
  readonly rowsPerFile?: number;
  /** Changes the manifest before its MD5 is taken. */
  readonly manifest?: (manifest: Manifest) => Manifest;
}

/** Puts an inventory where S3 delivers it: its files, then manifest.json, then manifest.checksum. Returns their keys. */
export async function deliverInventory(
  backend: Backend,
  { container, prefix = '', id, source, madeAtMs }: InventoryPlaceAndTime,
  rows: readonly InventoryRow[],
  { rowsPerFile = 3, manifest: change = (manifest) => manifest }: DeliveryOptions = {},
): Promise<{ readonly files: readonly string[]; readonly folder: string }> {
  const base = `${prefix}${source}/${id}/`;
  const folder = `${base}${new Date(madeAtMs).toISOString().slice(0, 16).replace(':', '-')}Z/`;
  const put = (key: string, bytes: Buffer) =>
    backend.putObject({ container, key }, bytesBody(bytes), plain, call);
  const files: { key: string; size: number; MD5checksum: string }[] = [];
  for (let at = 0; at === 0 || at < rows.length; at += rowsPerFile) {
    const bytes = gzipSync(csvOf(source, rows.slice(at, at + rowsPerFile)));
    const key = `${base}data/${madeAtMs}-${at}.csv.gz`;
    await put(key, bytes);
    files.push({ key, size: bytes.length, MD5checksum: md5Of(bytes) });
  }
  const manifest = Buffer.from(
    JSON.stringify(
      change({
        sourceBucket: source,
        destinationBucket: `arn:aws:s3:::${container}`,
        version: '2016-11-30',
        creationTimestamp: String(madeAtMs),
        fileFormat: 'CSV',
        fileSchema: FIELDS.join(', '),
        files,
      }),
    ),
  );
  await put(`${folder}manifest.json`, manifest);
  await put(`${folder}manifest.checksum`, Buffer.from(`${md5Of(manifest)}\n`));
  return { files: files.map(({ key }) => key), folder };
}

/** What an inventory of the container would have now, in no order. */
export async function rowsNow(backend: Backend, container: string): Promise<InventoryRow[]> {
  const objects = await listAll(backend, container);
  return objects
    .map(({ key, size, extra }) => ({
      key,
      size,
      etag: String(extra['etag']).replaceAll('"', ''),
    }))
    .reverse();
}

function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
