import type { Call } from '../call.js';
import type { Multipart, UploadToken } from '../capabilities.js';
import { findChecksum } from '../digest.js';
import { ObjectHashMismatchError } from '../errors.js';
import { fromSource } from '../http/refusal.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { xmlPath } from './names.js';
import { writeReceipt } from './part-receipt.js';
import { type Payload, preparePayload } from './payload.js';
import { base64Of } from './resource.js';

/** Sends one part, whose MD5 the answer has to confirm. */
export function uploadPart({ client }: GoogleContext): Multipart['uploadPart'] {
  async function sendPart(
    { container, key, opaque }: UploadToken,
    number: number,
    payload: Payload,
    call: Call,
  ) {
    const { headers } = await client.request(
      {
        method: 'PUT',
        operation: 'putPart',
        action: `put part ${number}`,
        container,
        key,
        path: xmlPath(container, key),
        query: { partNumber: String(number), uploadId: opaque },
        headers: digestHeaders(payload),
        body:
          payload.content instanceof Uint8Array
            ? payload.content
            : { size: payload.size, open: payload.content },
        replayable: payload.replayable,
      },
      call,
    );
    return headers['etag'] ?? ''; // it is there: the answer would not be believed otherwise
  }

  return async (token, number, body, call) => {
    call.signal.throwIfAborted();
    const payload = await preparePayload(
      token.key,
      body,
      [],
      client.origin.startsWith('http:'),
      call,
    );
    const etag = await sendPart(token, number, payload, call).catch((error: unknown) => {
      throw fromSource(token.key, error, GOOGLE);
    });
    const md5 = findChecksum(payload.sent(), 'md5')?.hex;
    const reported = etag.replaceAll('"', '').toLowerCase();
    if (md5 !== reported)
      throw new ObjectHashMismatchError(token.key, `${md5} in part ${number}`, reported, {
        driver: GOOGLE,
      });
    const receipt = writeReceipt(etag, findChecksum(payload.sent(), 'crc32c')?.hex);
    return { number, size: payload.size, receipt, md5 };
  };
}

/** What makes the provider refuse other bytes. */
function digestHeaders({ promised }: Payload): Record<string, string> {
  const md5 = findChecksum(promised, 'md5');
  const crc32c = findChecksum(promised, 'crc32c');
  return {
    ...(md5 && { 'content-md5': base64Of(md5.hex) }),
    ...(crc32c && { 'x-goog-hash': `crc32c=${base64Of(crc32c.hex)}` }),
  };
}
