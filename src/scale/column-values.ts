import { createHash } from 'node:crypto';
import { LONGEST_NAME_BYTES } from '../state/name-key.js';
import { BATCH_NAME_BYTES } from '../sync/upload-batch.js';
import { DamagedColumnsError } from './column-bytes.js';

/** All names of an order together. */
export const MOST_NAME_BYTES = BATCH_NAME_BYTES;
export const MD5_BYTES = 16;
const BINDING_BYTES = 16;

/** Ties an answer to its order: what answers another one is refused. */
export function bindingOf(order: string): Buffer {
  return createHash('sha256').update(order).digest().subarray(0, BINDING_BYTES);
}

/** Relative paths without `.`, `..` and empty segments, each once. @throws DamagedColumnsError */
export function requireNames(names: readonly string[]): void {
  if (new Set(names).size !== names.length) throw new DamagedColumnsError('a name comes twice');
  for (const name of names) {
    const isBelow = name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
    if (!isBelow || Buffer.byteLength(name, 'utf8') > LONGEST_NAME_BYTES)
      throw new DamagedColumnsError('a name is none of an object');
  }
}
