import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { CopyReplacement, Multipart } from '../capabilities.js';
import { copyInParts } from '../copy-in-parts.js';
import { elementOf, textOf } from '../http/xml.js';
import { planParts } from '../part-size.js';
import { type S3Context, SLOW_ANSWER_MS } from './context.js';
import { copySource } from './copy-source.js';
import { quoted } from './etag.js';

const LANES = 8;

/** Copies an object that is too large for one request. The provider copies its parts. */
export async function copyByParts(
  { client, profile, headers: objectHeaders }: S3Context,
  multipart: Multipart,
  source: ObjectInfo,
  to: ObjectRef,
  described: CopyReplacement,
  smallestPart: number,
  call: Call,
): Promise<ObjectInfo> {
  const partSize = Math.max(smallestPart, Math.ceil(source.size / profile.parts.maxParts));
  const token = await multipart.begin(to, { headers: {}, ...described, checksums: [] }, call);
  const headersOfSource = {
    ...copySource(source, profile),
    ...objectHeaders.access,
    ...objectHeaders.copySource,
  };
  const info = await copyInParts(
    multipart,
    {
      token,
      sources: planParts(source.size, partSize),
      lanes: LANES,
      async copyPart({ number, start, end }, partCall) {
        const range = `bytes=${start}-${end - 1}`;
        const { body, headers } = await client.request(
          {
            method: 'PUT',
            operation: 'copyPart',
            action: `copy a part of "${source.key}"`,
            ...to,
            query: { partNumber: String(number), uploadId: token.opaque },
            headers: { ...headersOfSource, 'x-amz-copy-source-range': range },
            answerWithinMs: SLOW_ANSWER_MS,
          },
          partCall,
        );
        const etag = textOf(elementOf(body), 'ETag') || (headers['etag'] ?? '');
        return { number, size: end - start, receipt: quoted(etag) };
      },
    },
    call,
  );
  const extra = { ...info.extra, contentType: described.contentType };
  return { ...info, metaData: described.metaData, extra };
}
