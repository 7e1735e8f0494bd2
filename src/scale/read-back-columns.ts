import { READ_BACK_OBJECTS, type RecordedContent } from '../sync/proof/batch-read-back.js';
import { DamagedColumnsError, readColumns, writeColumns } from './column-bytes.js';
import { bindingOf, MD5_BYTES, MOST_NAME_BYTES, requireNames } from './column-values.js';

const READ_BACK_ORDER = 3;
const READ_BACK_ANSWER = 4;

/** Which digest the row has. */
const WHOLE = 0;
const PARTS = 1;
const PROVEN = 1;

export function packReadBackOrder(objects: readonly RecordedContent[]): string {
  const columns = writeColumns(READ_BACK_ORDER, objects.length);
  columns.addTexts(objects.map(({ name }) => name));
  columns.add(Float64Array.from(objects, ({ size }) => size));
  columns.add(Uint8Array.from(objects, ({ md5 }) => (md5 === undefined ? PARTS : WHOLE)));
  const digests = objects.map(({ md5, parts }) => md5 ?? parts?.md5 ?? '');
  columns.add(Buffer.from(digests.join(''), 'hex'));
  columns.add(Float64Array.from(objects, ({ parts }) => parts?.partSize ?? 0));
  return columns.pack();
}

/** The reverse of packReadBackOrder. @throws DamagedColumnsError */
export function unpackReadBackOrder(payload: string): readonly RecordedContent[] {
  const columns = readColumns(payload, READ_BACK_ORDER, READ_BACK_OBJECTS);
  const { rows } = columns;
  const names = columns.texts(MOST_NAME_BYTES);
  const sizes = new Float64Array(columns.bytes(8 * rows));
  const kinds = new Uint8Array(columns.bytes(rows));
  const digests = Buffer.from(columns.bytes(MD5_BYTES * rows));
  const partSizes = new Float64Array(columns.bytes(8 * rows));
  columns.end();
  requireNames(names);
  return names.map((name, row) => {
    const size = sizes[row] ?? 0;
    const partSize = partSizes[row] ?? 0;
    const kind = kinds[row];
    const md5 = digests.toString('hex', row * MD5_BYTES, (row + 1) * MD5_BYTES);
    const isWhole = kind === WHOLE && partSize === 0;
    const isInParts = kind === PARTS && Number.isSafeInteger(partSize) && partSize > 0;
    if (!Number.isSafeInteger(size) || size < 0 || !(isWhole || isInParts))
      throw new DamagedColumnsError(`row ${row} is none of a recorded object`);
    return isWhole
      ? { name, size, md5, parts: undefined }
      : { name, size, md5: undefined, parts: { md5, partSize } };
  });
}

/** `order`: as it was packed; `proven`: for each of its rows. */
export function packReadBackAnswer(order: string, proven: readonly boolean[]): string {
  const columns = writeColumns(READ_BACK_ANSWER, proven.length);
  columns.add(bindingOf(order));
  columns.add(Uint8Array.from(proven, Number));
  return columns.pack();
}

/** The reverse of packReadBackAnswer. @throws DamagedColumnsError, also for an answer to another order. */
export function unpackReadBackAnswer(
  payload: string,
  packedOrder: string,
  objects: number,
): readonly boolean[] {
  const columns = readColumns(payload, READ_BACK_ANSWER, READ_BACK_OBJECTS);
  if (columns.rows !== objects)
    throw new DamagedColumnsError(`${columns.rows} answers to ${objects} orders`);
  const binding = bindingOf(packedOrder);
  if (!binding.equals(new Uint8Array(columns.bytes(binding.length))))
    throw new DamagedColumnsError('it answers another order');
  const states = new Uint8Array(columns.bytes(objects));
  columns.end();
  if (states.some((state) => state > PROVEN)) throw new DamagedColumnsError('a state is unknown');
  return Array.from(states, (state) => state === PROVEN);
}
