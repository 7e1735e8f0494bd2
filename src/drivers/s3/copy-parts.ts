import { NEVER_ABORTED } from '../../signal.js';
import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { CopyReplacement, Part } from '../capabilities.js';
import { eachInParallel } from '../parallel.js';
import { planParts } from '../part-size.js';
import { type S3Context, SLOW_ANSWER_MS } from './context.js';
import { copySource } from './copy-source.js';
import { quoted } from './etag.js';
import type { s3Multipart } from './multipart.js';
import { elementOf, textOf } from './xml.js';

const LANES = 8;

/** A copy of an object that is too large for one request. Its parts are copied at the provider; on failure nothing stays behind. */
export async function copyInParts(
  { client, profile, headers: objectHeaders }: S3Context,
  multipart: ReturnType<typeof s3Multipart>,
  source: ObjectInfo,
  to: ObjectRef,
  kept: CopyReplacement,
  smallestPart: number,
  call: Call,
): Promise<ObjectInfo> {
  const partSize = Math.max(smallestPart, Math.ceil(source.size / profile.parts.maxParts));
  const token = await multipart.begin(to, { headers: {}, ...kept, checksums: [] }, call);
  const parts: Part[] = [];
  try {
    await eachInParallel(
      planParts(source.size, partSize),
      LANES,
      call.signal,
      async ({ number, start, end }, signal) => {
        const { body, headers } = await client.request(
          {
            method: 'PUT',
            operation: 'copyPart',
            action: `copy a part of "${source.key}"`,
            ...to,
            query: { partNumber: String(number), uploadId: token.opaque },
            headers: {
              ...copySource(source, profile),
              ...objectHeaders.access,
              ...objectHeaders.copySource,
              'x-amz-copy-source-range': `bytes=${start}-${end - 1}`,
            },
            answerWithinMs: SLOW_ANSWER_MS,
          },
          { signal },
        );
        const etag = textOf(elementOf(body), 'ETag') || (headers['etag'] ?? '');
        parts.push({ number, size: end - start, receipt: quoted(etag) });
      },
    );
    parts.sort((a, b) => a.number - b.number);
    const info = await multipart.complete(token, parts, call);
    return {
      ...info,
      metaData: kept.metaData,
      extra: { ...info.extra, contentType: kept.contentType },
    };
  } catch (error) {
    await multipart.abort(token, { signal: NEVER_ABORTED }).catch(() => undefined);
    throw error;
  }
}
