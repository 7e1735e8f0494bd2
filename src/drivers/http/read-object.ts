import type { ByteRange, Call, ReadRef } from '../call.js';
import { ObjectChangedError, RangeIgnoredError, StorageError } from '../errors.js';
import type { HttpHeaders, HttpStream } from './exchange.js';
import { fromTransport } from './refusal.js';

/** Reads an object, or one of its versions, as far as the range goes. */
export type ReadVersion = (
  ref: ReadRef,
  range: ByteRange | undefined,
  call: Call,
  versionId?: string,
) => Promise<AsyncIterable<Uint8Array>>;

/** As a Range header has it: its end is inclusive (RFC 9110, section 14.1.2). Undefined: the whole, so no header. */
export function rangeHeader(range: ByteRange | undefined): string | undefined {
  return range && `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`;
}

/** Whether a range holds no byte of any object: no provider can be asked for that. */
export function isEmptyRange(range: ByteRange | undefined): boolean {
  return range?.end !== undefined && range.end <= range.start;
}

/**
 * The error of an answer with content that has another ETag than `expected`; undefined: it has that one, or none. (If-Match would say the same before a
 * byte is sent, but stores differ in the form of it that they understand, and the answer's own ETag is that of the very bytes
 * behind it.) Quotes, and the mark of a weak ETag, which a proxy may add, make no difference.
 */
export function changedSince(
  expected: string | undefined,
  { etag }: HttpHeaders,
  key: string,
  driver: string,
): ObjectChangedError | undefined {
  if (expected === undefined || etag === undefined || etag === expected) return undefined;
  if (bare(etag) === bare(expected)) return undefined;
  return new ObjectChangedError(key, expected, `the ETag ${etag}`, { driver });
}

function bare(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/s, '$1');
}

/** What a reader asked for. */
export interface AskedContent {
  readonly key: string;
  /** See ReadRef. */
  readonly etag?: string | undefined;
  /** As in the header; undefined: the whole. */
  readonly range: string | undefined;
  readonly driver: string;
}

/**
 * The content in the answer to a GET, for which 416 is no error: a range that begins at the end of the object, or after
 * it, gives no bytes. A provider that answers with all of the object instead of the range is refused, unread, and so is an
 * object that is another one than was asked for.
 */
export async function contentIn(
  { status, headers, body }: HttpStream,
  { key, etag, range, driver }: AskedContent,
): Promise<AsyncIterable<Uint8Array>> {
  const given = status === 206 ? headers['content-range'] : undefined;
  if (status === 206 ? isPartAskedFor(given, range) : status === 200 && range === undefined) {
    const changed = changedSince(etag, headers, key, driver);
    if (changed === undefined) return content(body, driver);
    await leave(body);
    throw changed;
  }
  await leave(body);
  if (status === 206) {
    const part = given ?? 'a part that it does not name';
    const asked = range ?? 'the whole object';
    throw new StorageError(
      `read "${key}": the provider answered with ${part} when asked for ${asked}`,
      { driver, retry: 'backoff' },
    );
  }
  if (status === 416 || headers['content-length'] === '0') return noBytes();
  throw new RangeIgnoredError(`read "${key}": the provider ignored the range ${range}`, { driver });
}

/** Frees the connection without reading the rest. */
async function leave(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body) break;
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
