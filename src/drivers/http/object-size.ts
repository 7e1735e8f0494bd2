import type { ObjectRef } from '../call.js';
import { ObjectError } from '../errors.js';
import type { HttpHeaders, HttpStream } from './exchange.js';

/** Bytes of the body by its header; undefined when the answer does not say, which is not 0. */
function contentLength({ 'content-length': text = '' }: HttpHeaders): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The range to ask for where only the size of the whole is wanted. */
export const FIRST_BYTE = 'bytes=0-0';

export interface SizeSources {
  readonly driver: string;
  /** The answer to a GET of FIRST_BYTE, for which 416 is no error. */
  get(): Promise<HttpStream>;
  /** The size that a listing has; undefined when it lists no such object. */
  list(): Promise<number | undefined>;
}

/**
 * Bytes of an object by the headers of its HEAD or, where a proxy has taken Content-Length out of them, by a GET of its first
 * byte or a listing. Rejects with ObjectError when nothing says it.
 */
export async function objectSize(
  head: HttpHeaders,
  { key }: ObjectRef,
  { driver, get, list }: SizeSources,
): Promise<number> {
  const size = contentLength(head) ?? (await sizeByRange(await get())) ?? (await list());
  if (size === undefined)
    throw new ObjectError(key, 'has no size: neither its HEAD, nor a GET, nor a listing says it', {
      driver,
    });
  return size;
}

async function sizeByRange({ status, headers, body }: HttpStream): Promise<number | undefined> {
  for await (const _ of body) break; // frees the connection
  if (status === 200) return contentLength(headers);
  const total = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  // No range fits an object without bytes.
  return total === undefined ? (status === 416 ? 0 : undefined) : Number(total);
}
