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
  {
    key,
    range,
    driver,
  }: { readonly key: string; readonly range: string | undefined; readonly driver: string },
): Promise<AsyncIterable<Uint8Array>> {
  const given = status === 206 ? headers['content-range'] : undefined;
  if (status === 206 ? isPartAskedFor(given, range) : status === 200 && range === undefined)
    return content(body, driver);
  for await (const _ of body) break; // frees the connection without reading the rest
  if (status === 206) {
    const part = given ?? 'a part that it does not name';
    const asked = range ?? 'the whole object';
    throw new StorageError(
      `read "${key}": the provider answered with ${part} when asked for ${asked}`,
      { driver, retry: 'backoff' },
    );
  }
  if (status === 416 || headers['content-length'] === '0') return noBytes();
  throw new StorageError(`read "${key}": the provider ignored the range ${range}`, { driver });
}

/** Whether a part begins where it was asked to, ends no later, and is what can be had of it (RFC 9110, section 14.4). */
function isPartAskedFor(given: string | undefined, range: string | undefined): boolean {
  const part = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(given ?? '');
  if (part === null) return false;
  const [first, last, size] = part.slice(1).map(Number) as [number, number, number];
  const [, start = '0', end = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? 'bytes=0-') ?? [];
  const wanted = Math.min(
    end === '' ? Number.POSITIVE_INFINITY : Number(end),
    Number.isNaN(size) ? last : size - 1,
  );
  return first === Number(start) && last === wanted;
}

async function* content(
  body: AsyncIterable<Uint8Array>,
  driver: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    throw fromTransport(error, driver);
  }
}

export async function* noBytes(): AsyncGenerator<Uint8Array, void, undefined> {}
