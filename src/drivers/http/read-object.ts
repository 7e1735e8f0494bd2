import type { ByteRange } from '../call.js';
import { StorageError } from '../errors.js';
import type { HttpStream } from './exchange.js';
import { fromTransport } from './refusal.js';

/** As a Range header has it: its end is inclusive (RFC 9110, section 14.1.2). Undefined: the whole, so no header. */
export function rangeHeader(range: ByteRange | undefined): string | undefined {
  return range && `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`;
}

/** Whether a range holds no byte of any object: no provider can be asked for that. */
export function isEmptyRange(range: ByteRange | undefined): boolean {
  return range?.end !== undefined && range.end <= range.start;
}

/**
 * The content in the answer to a GET, for which 416 is no error: a range that begins at the end of the object, or after
 * it, gives no bytes. A provider that answers with all of the object instead of the range is refused, unread.
 */
export async function contentIn(
  { status, headers, body }: HttpStream,
  { key, range, driver }: { readonly key: string; readonly range: string | undefined; readonly driver: string },
): Promise<AsyncIterable<Uint8Array>> {
  if (status === 206 || (status === 200 && range === undefined)) return content(body, driver);
  for await (const _ of body) break; // gives the connection back without what nobody wants
  if (status === 416 || headers['content-length'] === '0') return noBytes();
  throw new StorageError(`read "${key}": the provider ignored the range ${range}`, { driver });
}

async function* content(body: AsyncIterable<Uint8Array>, driver: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    throw fromTransport(error, driver);
  }
}

export async function* noBytes(): AsyncGenerator<Uint8Array, void, undefined> {}
