import { hash } from 'node:crypto';
import type { FileContent } from './file-reader.js';

const NO_BYTES = new Uint8Array();
const MD5 = hash('md5', NO_BYTES);

/** The content of a folder's object: none. `atMs`: when the folder was looked at, milliseconds since the epoch. */
export function emptyContent(atMs: number): FileContent {
  return { md5: MD5, hashedAtMs: atMs, looks: 'ordinary', bytes: NO_BYTES };
}
