import { SMALL_FILE } from '../sync/plain-upload.js';
import type { PutWhere } from '../sync/store/object-store.js';
import {
  BATCH_BYTES,
  type BatchedFile,
  packBatch,
  pathsOf,
  REMOTE_BATCH_FILES,
  type UploadBatch,
  unpackBatch,
} from '../sync/upload-batch.js';
import type { BatchOrder, FileOrder } from '../sync/work/batch-effects.js';
import { DamagedColumnsError, readColumns, writeColumns } from './column-bytes.js';
import { MD5_BYTES, MOST_NAME_BYTES, requireNames } from './column-values.js';

const SEND_ORDER = 1;
const MOST_NANOSECONDS = 999_999_999;
const MODE_BITS = 0o7777;

const SENDS = ['any', 'ordinary', 'none'] as const satisfies FileOrder['sends'][];
const REPLACES = ['unknown', 'nothing', 'whole'] as const satisfies FileOrder['replaces'][];
/** Of a put's condition. ETags of those that match one are in a column of their own. */
const WHERES = ['anywhere', 'absent', 'ifMatch'] as const;
/**
 * A byte for each file: `sends` in two bits, `replaces` in two, whether the MD5 of what the object has follows, and `where` in two.
 */
const TWO_BITS = 3;
const REPLACES_SHIFT = 2;
const RECORDED = 16;
const WHERE_SHIFT = 5;
const FLAGS_END = 128;
/** Of an ETag. A longer one, which no known provider has, is no condition. */
const MOST_ETAG_BYTES = 255;

/** An order for another process: each of its rows has an order, and neither reasons nor listings come along. */
export interface PlainOrder extends BatchOrder {
  readonly files: readonly FileOrder[];
}

/** An order without the rows about which nothing is to be done; undefined: there is no other. `rows`: where each was. */
export function withoutIdleRows({
  batch,
  files,
}: BatchOrder): { readonly order: PlainOrder; readonly rows: readonly number[] } | undefined {
  const rows = [...files.keys()].filter((row) => files[row] !== undefined);
  const orders = rows.flatMap((row) => files[row] ?? []);
  if (orders.length === 0) return undefined;
  const isWhole = orders.length === files.length;
  return {
    order: { batch: isWhole ? batch : packBatch(orders.map(batched)), files: orders },
    rows,
  };
}

function batched({ entry }: FileOrder): BatchedFile {
  return { entry, why: 'new', listed: 'unknown' };
}

/** Whether the names of this batch are few and short enough for an order. */
export function fitsOrder({ paths }: Pick<UploadBatch, 'paths'>): boolean {
  return Buffer.byteLength(paths, 'utf8') <= MOST_NAME_BYTES;
}

export function packSendOrder({ batch, files }: PlainOrder): string {
  const columns = writeColumns(SEND_ORDER, files.length);
  columns.addTexts(pathsOf(batch));
  columns.add(batch.sizes);
  columns.add(batch.seconds);
  columns.add(batch.nanoseconds);
  columns.add(batch.inodes);
  columns.add(batch.modes);
  columns.add(batch.owners);
  columns.add(Uint8Array.from(files, flagsOf));
  const recorded = files.map((file) => file.recorded ?? '').join('');
  columns.add(Buffer.from(recorded, 'hex'));
  columns.addTexts(files.map((file) => etagOf(file) ?? ''));
  return columns.pack();
}

function flagsOf(file: FileOrder): number {
  const { sends, recorded, replaces, where } = file;
  const known = recorded === undefined ? 0 : RECORDED;
  const condition = typeof where === 'string' ? where : etagOf(file) && 'ifMatch';
  return (
    SENDS.indexOf(sends) |
    (REPLACES.indexOf(replaces) << REPLACES_SHIFT) |
    known |
    (WHERES.indexOf(condition || 'anywhere') << WHERE_SHIFT)
  );
}

/** That its condition names; undefined: none, or none that can be packed. */
function etagOf({ where }: FileOrder): string | undefined {
  if (typeof where === 'string') return undefined;
  const { ifMatch: etag } = where;
  return etag.includes('\0') || Buffer.byteLength(etag) > MOST_ETAG_BYTES ? undefined : etag;
}

/**
 * The reverse of packSendOrder, for a process that trusts no order further than that it may be one: names lie below the source,
 * files are small, and so are all of them together.
 *
 * @throws DamagedColumnsError
 */
export function unpackSendOrder(payload: string): PlainOrder {
  const columns = readColumns(payload, SEND_ORDER, REMOTE_BATCH_FILES);
  const { rows } = columns;
  const paths = columns.texts(MOST_NAME_BYTES);
  const batch: UploadBatch = {
    paths: paths.join('\0'),
    sizes: new Float64Array(columns.bytes(8 * rows)),
    seconds: new BigInt64Array(columns.bytes(16 * rows)),
    nanoseconds: new Uint32Array(columns.bytes(8 * rows)),
    inodes: new BigUint64Array(columns.bytes(8 * rows)),
    modes: new Uint16Array(columns.bytes(2 * rows)),
    owners: new Uint32Array(columns.bytes(8 * rows)),
    reasons: new Uint8Array(rows),
    listed: new Uint8Array(rows),
  };
  const flags = new Uint8Array(columns.bytes(rows));
  const known = flags.filter((each) => (each & RECORDED) !== 0).length;
  const md5s = Buffer.from(columns.bytes(known * MD5_BYTES));
  const etags = columns.texts(rows * (MOST_ETAG_BYTES + 1));
  columns.end();
  requireNames(paths);
  requireStats(batch);
  return { batch, files: ordersOf(batch, flags, md5s, etags) };
}

/** The names in an order; none where it is damaged: no worker sends anything of it. */
export function namesInSendOrder(payload: string): readonly string[] {
  try {
    return unpackSendOrder(payload).files.map(({ entry }) => entry.path);
  } catch (error) {
    if (error instanceof DamagedColumnsError) return [];
    throw error;
  }
}

function ordersOf(
  batch: UploadBatch,
  flags: Uint8Array,
  md5s: Buffer,
  etags: readonly string[],
): readonly FileOrder[] {
  let at = 0;
  return unpackBatch(batch).map(({ entry }, row) => {
    const bits = flags[row] ?? 0;
    const sends = SENDS[bits & TWO_BITS];
    const replaces = REPLACES[(bits >> REPLACES_SHIFT) & TWO_BITS];
    const where = whereOf(bits, etags[row] ?? '');
    if (!sends || !replaces || !where || bits >= FLAGS_END)
      throw new DamagedColumnsError(`row ${row} has the unknown flags ${bits}`);
    if ((bits & RECORDED) === 0) {
      if (sends === 'none') throw new DamagedColumnsError(`row ${row} orders nothing`);
      return { entry, sends, recorded: undefined, replaces, where };
    }
    const recorded = md5s.toString('hex', at, at + MD5_BYTES);
    at += MD5_BYTES;
    return { entry, sends, recorded, replaces, where };
  });
}

/** Undefined: it is none. */
function whereOf(bits: number, etag: string): PutWhere | undefined {
  const where = WHERES[(bits >> WHERE_SHIFT) & TWO_BITS];
  if ((etag !== '') !== (where === 'ifMatch')) return undefined;
  return where === 'ifMatch' ? { ifMatch: etag } : where;
}

function requireStats({ sizes, nanoseconds, modes }: UploadBatch): void {
  const isSmall = sizes.every((size) => Number.isInteger(size) && size >= 0 && size <= SMALL_FILE);
  if (!isSmall || sizes.reduce((sum, size) => sum + size, 0) > BATCH_BYTES)
    throw new DamagedColumnsError('a size is none of a small file');
  if (nanoseconds.some((each) => each > MOST_NANOSECONDS) || modes.some((mode) => mode > MODE_BITS))
    throw new DamagedColumnsError('a stat is none of a file');
}
