import { hash } from 'node:crypto';
import type { Backend } from '../backend.js';
import type { Call, ObjectInfo } from '../call.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import { ObjectDoesNotExistError, ObjectHashMismatchError } from '../errors.js';
import type { HttpAnswer } from '../http/exchange.js';
import { foundAsSent } from '../http/found-as-sent.js';
import { elementOf, textOf } from '../http/xml.js';
import { refusedCondition } from './conditional-write.js';
import { type S3Context, SLOW_ANSWER_MS } from './context.js';
import { S3 } from './errors.js';
import { compositeEtag, isKeyEncrypted, md5InEtag, quoted } from './etag.js';
import type { Profile } from './profiles.js';
import { requestXml } from './request-xml.js';
import { readToken } from './upload-token.js';

/** A completion, and what it should have made. */
interface Completion {
  readonly token: UploadToken;
  readonly parts: readonly Part[];
  /** The object's ETag; undefined where the ETags of the parts say nothing of their content. */
  readonly expectedEtag: string | undefined;
}

/** Completes multipart uploads, and finds the object that an earlier completion made whose answer was lost. */
export function s3Completion(
  { client, profile, etags, conditions, headers: objectHeaders }: S3Context,
  { headObject }: Pick<Backend, 'headObject'>,
  { uploadedParts }: Pick<Multipart, 'uploadedParts'>,
): Multipart['complete'] {
  return async (token, parts, call) => {
    const completion = { token, parts, expectedEtag: expectedEtag(parts, token.container) };
    const { condition } = readToken(token);
    let answer: HttpAnswer;
    try {
      const send = (headers: Readonly<Record<string, string>>) =>
        sendCompletion(token, parts, headers, call);
      answer = await conditions.send(token, condition, send, true, call);
    } catch (error) {
      return error instanceof ObjectDoesNotExistError
        ? findCompleted(completion, error, call)
        : findUnproven(completion, refusedCondition(token, condition, error), call);
    }
    return infoOf(completion, answer, profile);
  };

  function expectedEtag(parts: readonly Part[], container: string): string | undefined {
    if (profile.etag === 'opaque' || profile.partEtag === 'opaque' || etags.isOpaque(container))
      return undefined;
    const md5s = parts.map(({ receipt }) => md5InEtag(receipt));
    return md5s.every((md5) => md5 !== undefined) ? compositeEtag(md5s) : undefined;
  }

  function sendCompletion(
    token: UploadToken,
    parts: readonly Part[],
    conditional: Readonly<Record<string, string>>,
    call: Call,
  ): Promise<HttpAnswer> {
    const body = requestXml('CompleteMultipartUpload', {
      Part: parts.map(({ number, receipt }) => ({ PartNumber: String(number), ETag: receipt })),
    });
    return client.request(
      {
        method: 'POST',
        operation: 'completeUpload',
        action: 'complete the upload',
        container: token.container,
        key: token.key,
        query: { uploadId: readToken(token).uploadId },
        headers: { 'content-type': 'application/xml', ...conditional, ...objectHeaders.access },
        body,
        payload: hash('sha256', body, 'hex'),
        answerWithinMs: SLOW_ANSWER_MS,
      },
      call,
    );
  }

  /** The upload is gone: where an earlier completion succeeded and its answer was lost, the object is there. */
  async function findCompleted(
    { token, expectedEtag }: Completion,
    gone: ObjectDoesNotExistError,
    call: Call,
  ): Promise<ObjectInfo> {
    if (expectedEtag === undefined) throw gone;
    const found = await headObject(token, call).catch(() => undefined);
    if (found === undefined || found.extra['etag'] !== expectedEtag) throw gone;
    return found;
  }

  /** After an answer that proves nothing. Ceph before release 18 leaves the ETag empty. */
  async function findUnproven(
    completion: Completion,
    error: unknown,
    call: Call,
  ): Promise<ObjectInfo> {
    const head = () => headObject(completion.token, call);
    const found = await foundAsSent(error, head, () => true);
    if (await isCompleted(found, completion, call)) return found;
    throw error;
  }

  /**
   * Whether the object is what the completion should have made. Where its ETag cannot be foreseen, the upload must be
   * gone, and the object must have the size and the number of parts.
   */
  async function isCompleted(
    found: ObjectInfo,
    { token, parts, expectedEtag }: Completion,
    call: Call,
  ): Promise<boolean> {
    const etag = String(found.extra['etag'] ?? '');
    if (expectedEtag !== undefined) return etag === expectedEtag;
    if (found.size !== sizeOf(parts) || !etag.endsWith(`-${parts.length}"`)) return false;
    const left = await uploadedParts(token, call).catch((error: unknown) => error);
    return left instanceof ObjectDoesNotExistError;
  }
}

/** The new object as the answer describes it. Throws ObjectHashMismatchError when its ETag is that of other parts. */
function infoOf(
  { token, parts, expectedEtag }: Completion,
  { headers, body }: HttpAnswer,
  { compositeEtag: isComposite }: Profile,
): ObjectInfo {
  const { container, key } = token;
  const etag = textOf(elementOf(body), 'ETag') || headers['etag'];
  const versionId = headers['x-amz-version-id'];
  const isComparable = isComposite && !isKeyEncrypted(headers) && expectedEtag !== undefined;
  if (isComparable && etag !== undefined && quoted(etag) !== expectedEtag)
    throw new ObjectHashMismatchError(key, expectedEtag, quoted(etag), { driver: S3 });
  const extra = {
    ...(etag !== undefined && { etag: quoted(etag) }),
    ...(versionId !== undefined && { versionId }),
  };
  return { container, key, size: sizeOf(parts), checksums: [], metaData: {}, extra };
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.size, 0);
}
