import type { ContentClass } from '../content-class.js';
import type { UploadBatch } from '../upload-batch.js';
import type { ReadAttributes } from './read-attributes.js';

/** What became of one file of a batch that was read. */
export const FILE_READ = 0;
/** It is not, or not any longer, the expected version, or is not in its place. */
export const FILE_CHANGED = 1;
/** The system refused to read it. A job of its own finds out why. */
export const FILE_UNREADABLE = 2;

const CLASSES = ['ordinary', 'random', 'blank'] as const satisfies readonly ContentClass[];
const MD5_BYTES = 16;
const MD5_DIGITS = 2 * MD5_BYTES;

/** What a thread has read of the files of a batch, by columns in their order. */
export interface BatchContent {
  /**
   * The contents one after the other, each as long as the batch says, whether it was read or not, and perhaps more memory behind
   * them. Shared, so not copied.
   */
  readonly content: SharedArrayBuffer;
  /** FILE_READ, FILE_CHANGED or FILE_UNREADABLE. */
  readonly states: Uint8Array;
  /** 16 bytes each. */
  readonly md5s: Uint8Array;
  /** Milliseconds since the epoch, before the first byte of each was read. */
  readonly hashedAtMs: Float64Array;
  /** See contentClassAt. */
  readonly classes: Uint8Array;
  /** Of the files that were read, where the mirror keeps any. */
  readonly attributes: (ReadAttributes | undefined)[];
}

/** Bytes that the contents of a batch need. */
export function bytesOf({ sizes }: Pick<UploadBatch, 'sizes'>): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** `content`: at least as many bytes as the batch needs. */
export function createBatchContent(
  { sizes }: Pick<UploadBatch, 'sizes'>,
  content: SharedArrayBuffer,
): BatchContent {
  const files = sizes.length;
  return {
    content,
    states: new Uint8Array(files),
    md5s: new Uint8Array(files * MD5_BYTES),
    hashedAtMs: new Float64Array(files),
    classes: new Uint8Array(files),
    attributes: [],
  };
}

/** Notes what was read of the file in this row. `md5`: hex. */
export function noteRead(
  { md5s, classes }: BatchContent,
  row: number,
  md5: string,
  contentClass: ContentClass,
): void {
  Buffer.from(md5s.buffer, md5s.byteOffset + row * MD5_BYTES, MD5_BYTES).write(md5, 'hex');
  classes[row] = CLASSES.indexOf(contentClass);
}

/** The MD5 of each row's file: lower-case hex. */
export function md5sOf({ md5s }: Pick<BatchContent, 'md5s'>): (row: number) => string {
  const all = Buffer.from(md5s.buffer, md5s.byteOffset, md5s.byteLength).toString('hex');
  return (row) => all.slice(row * MD5_DIGITS, (row + 1) * MD5_DIGITS);
}

export function contentClassAt(
  { classes }: Pick<BatchContent, 'classes'>,
  row: number,
): ContentClass {
  return CLASSES[classes[row] ?? 0] ?? 'ordinary';
}
