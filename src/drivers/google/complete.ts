import type { Call, ObjectInfo } from '../call.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import { findChecksum } from '../digest.js';
import { ObjectDoesNotExistError, ObjectError, ObjectHashMismatchError } from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { foundAsSent } from '../http/found-as-sent.js';
import { buildXml } from '../http/xml.js';
import { type GoogleContext, SLOW_ANSWER_MS } from './context.js';
import { GOOGLE } from './errors.js';
import { xmlPath } from './names.js';
import type { LookUp } from './objects.js';
import { crc32cOfParts, readReceipt } from './part-receipt.js';
import { crc32cIn } from './read.js';

/** Completes an upload in parts, and finds the object that an earlier completion made whose answer was lost. */
export function completeUpload({ client }: GoogleContext, lookUp: LookUp): Multipart['complete'] {
  return async (token, parts, call) => {
    call.signal.throwIfAborted();
    const { container, key } = token;
    const expected = crc32cOfParts(parts);
    const head = async () => (await lookUp({ container, key }, call)).info;
    const isMade = (found: ObjectInfo) =>
      expected !== undefined &&
      findChecksum(found.checksums, 'crc32c')?.hex === expected &&
      found.size === sizeOf(parts);
    let answer: HttpAnswer;
    try {
      answer = await send(token, parts, call);
    } catch (error) {
      if (!(error instanceof ObjectDoesNotExistError)) return foundAsSent(error, head, isMade);
      // The upload is gone: perhaps an earlier completion succeeded, and its answer was lost.
      const found = await head().catch(() => undefined);
      if (found === undefined || !isMade(found)) throw error;
      return found;
    }
    const reported = crc32cIn(answer.headers);
    if (expected !== undefined && reported !== undefined && reported !== expected)
      throw new ObjectHashMismatchError(key, expected, reported, { driver: GOOGLE });
    return confirmed(await head(), answer, expected);
  };

  function send(
    { container, key, opaque }: UploadToken,
    parts: readonly Part[],
    call: Call,
  ): Promise<HttpAnswer> {
    const listed = parts.map((part) => ({
      PartNumber: String(part.number),
      ETag: readReceipt(part).etag,
    }));
    return client.request(
      {
        method: 'POST',
        operation: 'completeUpload',
        action: 'complete the upload',
        container,
        key,
        path: xmlPath(container, key),
        query: { uploadId: opaque },
        headers: { 'content-type': 'application/xml' },
        body: buildXml('CompleteMultipartUpload', { Part: listed }),
        answerWithinMs: SLOW_ANSWER_MS,
      },
      call,
    );
  }
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

/** The object that the answer speaks of. Throws when its content is another one. */
function confirmed(
  found: ObjectInfo,
  { headers }: HttpAnswer,
  expected: string | undefined,
): ObjectInfo {
  const generation = headers['x-goog-generation'];
  if (generation !== undefined && found.extra['versionId'] !== generation)
    throw new ObjectError(found.key, 'was stored, and another writer replaced it meanwhile', {
      driver: GOOGLE,
      retry: 'backoff',
    });
  const crc32c = findChecksum(found.checksums, 'crc32c')?.hex;
  if (expected !== undefined && crc32c !== undefined && crc32c !== expected)
    throw new ObjectHashMismatchError(found.key, expected, crc32c, { driver: GOOGLE });
  return found;
}
