import { crc32c } from '../crc32c.js';
import { ObjectHashMismatchError } from '../errors.js';
import type { HttpHeaders } from '../http/exchange.js';
import {
  contentIn,
  isEmptyRange,
  noBytes,
  type ReadVersion,
  rangeHeader,
} from '../http/read-object.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { objectPath, refuseImpossible } from './names.js';
import { hexOfCrc32c } from './payload.js';
import { hexOf } from './resource.js';

/** The content of an object. Of a whole one the CRC32C is compared, which objects in parts have, too. */
export function readObject({ client }: GoogleContext): ReadVersion {
  return async ({ container, key, etag }, range, call, generation) => {
    call.signal.throwIfAborted();
    refuseImpossible({ container, key });
    if (isEmptyRange(range)) return noBytes();
    const wanted = rangeHeader(range);
    const answer = await client.stream(
      {
        method: 'GET',
        operation: 'getObject',
        action: 'read',
        container,
        key,
        path: objectPath({ container, key }),
        query: { alt: 'media', generation },
        headers: {
          // Else an object with Content-Encoding gzip comes unpacked, and neither its size nor its digest fits
          // (https://cloud.google.com/storage/docs/transcoding).
          'accept-encoding': 'gzip',
          ...(wanted !== undefined && { range: wanted }),
        },
        ...(wanted !== undefined && { accept: 416 }),
      },
      call,
    );
    const content = await contentIn(answer, { key, etag, range: wanted, driver: GOOGLE });
    const expected = range === undefined ? crc32cIn(answer.headers) : undefined;
    return expected === undefined ? content : compared(content, key, expected);
  };
}

/** `x-goog-hash: crc32c=…,md5=…` (https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash). Hex. */
export function crc32cIn(headers: HttpHeaders): string | undefined {
  return hexOf(/(?:^|,)\s*crc32c=([A-Za-z0-9+/=]+)/.exec(headers['x-goog-hash'] ?? '')?.[1], 4);
}

async function* compared(
  content: AsyncIterable<Uint8Array>,
  key: string,
  expected: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let crc = 0;
  for await (const chunk of content) {
    crc = crc32c(chunk, crc);
    yield chunk;
  }
  const found = hexOfCrc32c(crc);
  if (found !== expected)
    throw new ObjectHashMismatchError(key, expected, found, { driver: GOOGLE });
}
