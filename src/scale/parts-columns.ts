import { RANGE_BYTES, RANGE_PARTS, type SentPart } from '../drivers/parts-range.js';
import { joinTime, splitTime } from '../file-time.js';
import type { PartsOrder } from '../sync/work/parts-effects.js';
import { DamagedColumnsError, readColumns, writeColumns } from './column-bytes.js';
import { bindingOf, MD5_BYTES, MOST_NAME_BYTES, requireNames } from './column-values.js';

const PARTS_ORDER = 5;
const PARTS_ANSWER = 6;
/** Of a provider's name for an upload; more than any has. */
const MOST_UPLOAD_BYTES = 8 * 1024;
/** Of all receipts together. */
const MOST_RECEIPT_BYTES = 64 * 1024;
const MOST_NANOSECONDS = 999_999_999;

/** What an answer says of a part. */
const LEFT = 0;
const SAME = 1;
const SENT = 2;

export function packPartsOrder({
  name,
  version,
  upload,
  partSize,
  first,
  known,
}: PartsOrder): string {
  const times = [version.mtimeNs, version.ctimeNs].map(splitTime);
  const columns = writeColumns(PARTS_ORDER, 1);
  columns.addTexts([name]);
  columns.addTexts([upload]);
  columns.add(Float64Array.of(version.size, partSize, first, known.length));
  columns.add(BigInt64Array.from(times, ({ seconds }) => seconds));
  columns.add(Uint32Array.from(times, ({ nanoseconds }) => nanoseconds));
  columns.add(BigUint64Array.of(version.inode));
  columns.add(Uint8Array.from(known, (md5) => (md5 === undefined ? 0 : 1)));
  columns.add(Buffer.from(known.map((md5 = '') => md5).join(''), 'hex'));
  return columns.pack();
}

/**
 * The reverse of packPartsOrder, for a process that trusts no order further than that it may be one: the name lies below the
 * source, and the parts are few, and parts of a file of this size.
 *
 * @throws DamagedColumnsError
 */
export function unpackPartsOrder(payload: string): PartsOrder {
  const columns = readColumns(payload, PARTS_ORDER, 1);
  const [name = ''] = columns.texts(MOST_NAME_BYTES);
  const [upload = ''] = columns.texts(MOST_UPLOAD_BYTES);
  const [size = 0, partSize = 0, first = 0, count = 0] = new Float64Array(columns.bytes(4 * 8));
  requireNames([name]);
  requireRange(size, partSize, first, count);
  const seconds = new BigInt64Array(columns.bytes(2 * 8));
  const nanoseconds = new Uint32Array(columns.bytes(2 * 4));
  const [inode = 0n] = new BigUint64Array(columns.bytes(8));
  const isKnown = new Uint8Array(columns.bytes(count));
  const md5s = hexes(columns.bytes(isKnown.filter((each) => each !== 0).length * MD5_BYTES));
  columns.end();
  if (nanoseconds.some((each) => each > MOST_NANOSECONDS) || isKnown.some((each) => each > 1))
    throw new DamagedColumnsError('a stat is none of a file, or a flag is unknown');
  const [mtimeNs = 0n, ctimeNs = 0n] = Array.from(seconds, (each, at) =>
    joinTime({ seconds: each, nanoseconds: nanoseconds[at] ?? 0 }),
  );
  const version = { size, mtimeNs, ctimeNs, inode };
  const known = Array.from(isKnown, (each) => (each === 0 ? undefined : md5s.next().value));
  return { name, version, upload, partSize, first, known };
}

/** These are parts that a file of this size has, and not more than one order may be about. */
function requireRange(size: number, partSize: number, first: number, count: number): void {
  const areIntegers = [size, partSize, first, count].every(
    (each) => Number.isSafeInteger(each) && each > 0,
  );
  const isShort = count === 1 || (count <= RANGE_PARTS && count * partSize <= RANGE_BYTES);
  if (!areIntegers || !isShort || first + count - 1 > Math.ceil(size / partSize))
    throw new DamagedColumnsError(`${count} parts of ${partSize} bytes from ${first}`);
}

/** `order`: as it was packed; `parts`: the answer for each of its parts. */
export function packPartsAnswer(order: string, parts: readonly (SentPart | undefined)[]): string {
  const columns = writeColumns(PARTS_ANSWER, parts.length);
  const answers = parts.map((part) => (part?.receipt?.includes('\0') ? undefined : part));
  columns.add(bindingOf(order));
  columns.add(Uint8Array.from(answers, stateOf));
  columns.add(Buffer.from(answers.map((part) => part?.md5 ?? '').join(''), 'hex'));
  columns.addTexts(answers.map((part) => part?.receipt ?? ''));
  return columns.pack();
}

function stateOf(part: SentPart | undefined): number {
  if (part === undefined) return LEFT;
  return part.receipt === undefined ? SAME : SENT;
}

/**
 * The reverse of packPartsAnswer, for the process that gave the order: the answer is believed only as far as it can be one to
 * this order. Numbers and sizes are those of the order.
 *
 * @throws DamagedColumnsError for an answer to another order, and one that says of a part what cannot be
 */
export function unpackPartsAnswer(
  payload: string,
  packedOrder: string,
  { version, partSize, first, known }: PartsOrder,
): readonly (SentPart | undefined)[] {
  const columns = readColumns(payload, PARTS_ANSWER, known.length);
  if (columns.rows !== known.length)
    throw new DamagedColumnsError(`${columns.rows} answers about ${known.length} parts`);
  const binding = bindingOf(packedOrder);
  if (!binding.equals(new Uint8Array(columns.bytes(binding.length))))
    throw new DamagedColumnsError('it answers another order');
  const states = new Uint8Array(columns.bytes(known.length));
  const md5s = hexes(columns.bytes(states.filter((state) => state !== LEFT).length * MD5_BYTES));
  const receipts = columns.texts(MOST_RECEIPT_BYTES);
  columns.end();
  return Array.from(states, (state, at) => {
    const receipt = receipts[at] ?? '';
    if ((receipt !== '') !== (state === SENT) || state > SENT)
      throw new DamagedColumnsError(
        `part ${first + at} has the state ${state} and a receipt of ${receipt.length} characters`,
      );
    if (state === LEFT) return undefined;
    const md5 = md5s.next().value ?? '';
    if (state === SAME && md5 !== known[at])
      throw new DamagedColumnsError('a part is there that was not known to be');
    const number = first + at;
    const size = Math.min(partSize, version.size - (number - 1) * partSize);
    return { number, size, md5, receipt: state === SENT ? receipt : undefined };
  });
}

function* hexes(bytes: ArrayBuffer): Generator<string, undefined> {
  for (let at = 0; at < bytes.byteLength; at += MD5_BYTES)
    yield Buffer.from(bytes, at, MD5_BYTES).toString('hex');
}
