import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { CopyReplacement, Multipart } from '../capabilities.js';
import { copyInParts } from '../copy-in-parts.js';
import { planParts } from '../part-size.js';
import { writeBlockId } from './block-id.js';
import { type AzureContext, SLOW_ANSWER_MS } from './context.js';
import { copySource } from './copy-source.js';
import { readToken } from './upload-token.js';

const LANES = 8;
/** https://learn.microsoft.com/rest/api/storageservices/put-block-from-url allows more; each is copied before it is answered. */
const SMALLEST_BLOCK = 64 * 2 ** 20;

/** Copies an object that is too large for one request, range by range. The service copies, and each range is bound to the source. */
export async function copyByBlocks(
  context: AzureContext,
  multipart: Multipart,
  planned: {
    readonly source: ObjectInfo;
    readonly to: ObjectRef;
    readonly described: CopyReplacement;
  },
  call: Call,
  smallestBlock: number = SMALLEST_BLOCK,
): Promise<ObjectInfo> {
  const { source, to, described } = planned;
  const blockSize = Math.max(smallestBlock, Math.ceil(source.size / multipart.partSize.maxParts));
  // The MD5 of the source was stored by who sent it; the copy has it on the same authority.
  const options = { headers: {}, ...described, checksums: source.checksums };
  const token = await multipart.begin(to, options, call);
  const { nonce } = readToken(token);
  const info = await copyInParts(
    multipart,
    {
      token,
      sources: planParts(source.size, blockSize),
      lanes: LANES,
      async copyPart({ number, start, end }, partCall) {
        const id = writeBlockId({ nonce, number, order: 0, md5: undefined });
        await context.client.request(
          {
            method: 'PUT',
            operation: 'putBlockFromUrl',
            action: `copy a block of "${source.key}"`,
            source: source.key,
            container: to.container,
            key: to.key,
            query: { comp: 'block', blockid: id },
            headers: {
              ...(await copySource(context, source, partCall)),
              'x-ms-source-range': `bytes=${start}-${end - 1}`,
            },
            answerWithinMs: SLOW_ANSWER_MS,
          },
          partCall,
        );
        return { number, size: end - start, receipt: id };
      },
    },
    call,
  );
  return info;
}
