import type { Body, Call } from '../call.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import { findChecksum } from '../digest.js';
import { ObjectHashMismatchError } from '../errors.js';
import { fromSource } from '../http/refusal.js';
import type { S3Context } from './context.js';
import { S3 } from './errors.js';
import { quoted } from './etag.js';
import { preparePayload } from './payload.js';
import type { BodyPlan } from './streamed-bodies.js';
import { readToken } from './upload-token.js';

export function uploadPart({
  client,
  profile,
  settings,
  etags,
  streams,
  headers: objectHeaders,
}: S3Context): Multipart['uploadPart'] {
  return (token, number, body, call) => {
    const digestFirst =
      etags.isOpaque(token.container) ||
      profile.partEtag === 'opaque' ||
      settings.object_lock !== undefined;
    return send(token, number, body, digestFirst, call);
  };

  async function send(
    token: UploadToken,
    number: number,
    body: Body,
    digestFirst: boolean,
    call: Call,
  ): Promise<Part> {
    const { container, key } = token;
    const known = body.checksums ?? [];
    const attempt = async (plan: BodyPlan) => {
      const payload = await preparePayload(
        body,
        { key, known, verified: ['md5'], plan, sign: settings.sign_payload, hashSent: true },
        call,
      );
      const { headers } = await client.request(
        {
          method: 'PUT',
          operation: 'uploadPart',
          action: `put part ${number}`,
          container,
          key,
          query: { partNumber: String(number), uploadId: readToken(token).uploadId },
          headers: { ...objectHeaders.access, ...payload.headers },
          body: payload.body,
          chunked: payload.chunked,
          replayable: payload.replayable,
          ...(payload.sha256 !== undefined && { payload: payload.sha256 }),
        },
        call,
      );
      return { headers, payload };
    };
    const { headers, payload } = await streams
      .send({ kind: 'part', body, known, verified: ['md5'], digestFirst }, attempt)
      .catch((error: unknown) => {
        throw fromSource(key, error, S3);
      });
    const etag = headers['etag'] ?? ''; // it is there: the answer would not be believed otherwise
    const reported = etags.ofPart(container, headers);
    const sent = payload.sentMd5();
    if (reported !== undefined && sent !== undefined && reported !== sent)
      throw new ObjectHashMismatchError(key, `${sent} in part ${number}`, reported, { driver: S3 });
    // Only now is it known that the ETag proves nothing: send it again with a digest that the provider compares.
    if (reported === undefined && payload.promised.length === 0 && body.replayable && !digestFirst)
      return send(token, number, body, true, call);
    const md5 = reported ?? findChecksum(payload.promised, 'md5')?.hex;
    return { number, size: payload.size, receipt: quoted(etag), ...(md5 !== undefined && { md5 }) };
  }
}
