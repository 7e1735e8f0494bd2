import { hash } from 'node:crypto';
import type { Call, ObjectInfo } from '../call.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import { ObjectDoesNotExistError, ObjectHashMismatchError } from '../errors.js';
import { foundAsSent } from '../http/found-as-sent.js';
import { type S3Context, SLOW_ANSWER_MS } from './context.js';
import { cutsOf } from './cuts-of.js';
import { S3 } from './errors.js';
import { compositeEtag, isKeyEncrypted, md5InEtag, quoted } from './etag.js';
import { checkContainer, checkKey } from './names.js';
import { type objectOperations, refusedCondition } from './objects.js';
import { uploadListing } from './upload-listing.js';
import { uploadPart } from './upload-part.js';
import { readToken, writeToken } from './upload-token.js';
import { buildXml, elementOf, textOf } from './xml.js';

export function s3Multipart(
  context: S3Context,
  { headObject }: Pick<ReturnType<typeof objectOperations>, 'headObject'>,
): Multipart {
  const { client, profile, etags, conditions, headers: objectHeaders } = context;
  const listing = uploadListing(context);

  /** What a completion should have made: undefined where the parts' ETags say nothing of their content. */
  function expectedEtag(parts: readonly Part[], container: string): string | undefined {
    if (profile.etag === 'opaque' || profile.partEtag === 'opaque' || etags.isOpaque(container))
      return undefined;
    const md5s = parts.map(({ receipt }) => md5InEtag(receipt));
    return md5s.every((md5) => md5 !== undefined) ? compositeEtag(md5s) : undefined;
  }

  /** An answer that was lost, and the same completion sent again: the upload is gone then, and the object there. */
  async function completedBefore(
    token: UploadToken,
    expected: string | undefined,
    gone: unknown,
    call: Call,
  ): Promise<ObjectInfo> {
    const found =
      expected === undefined ? undefined : await headObject(token, call).catch(() => undefined);
    if (found === undefined || found.extra['etag'] !== expected) throw gone;
    return found;
  }

  /**
   * Whether the object is what the completion should have made. Where its ETag cannot be foreseen, the upload must be gone
   * and the object have its size and number of parts.
   */
  async function isCompleted(
    found: ObjectInfo,
    token: UploadToken,
    parts: readonly Part[],
    expected: string | undefined,
    call: Call,
  ) {
    const etag = String(found.extra['etag'] ?? '');
    if (expected !== undefined) return etag === expected;
    if (found.size !== sizeOf(parts) || !etag.endsWith(`-${parts.length}"`)) return false;
    const left = await listing.uploadedParts(token, call).catch((error: unknown) => error);
    return left instanceof ObjectDoesNotExistError;
  }

  /** After an answer that proves nothing. Ceph before release 18 leaves the ETag empty. */
  async function completedUnproven(
    token: UploadToken,
    parts: readonly Part[],
    expected: string | undefined,
    error: unknown,
    call: Call,
  ) {
    const found = await foundAsSent(
      error,
      () => headObject(token, call),
      () => true,
    );
    if (await isCompleted(found, token, parts, expected, call)) return found;
    throw error;
  }

  return {
    ...listing,
    partSize: profile.parts,
    etagOfParts: (container, parts) =>
      profile.compositeEtag && profile.partEtag === 'md5' && !etags.isOpaque(container)
        ? compositeEtag(parts.map(({ md5 }) => md5))
        : undefined,

    cutsOf: cutsOf(context),

    async begin(ref, options, call) {
      checkContainer(ref.container);
      checkKey(ref.key);
      conditions.check(options.precondition);
      const { body } = await client.request(
        {
          method: 'POST',
          operation: 'createMultipartUpload',
          action: 'begin an upload',
          ...ref,
          query: { uploads: '' },
          headers: objectHeaders.create(ref.key, options),
        },
        call,
      );
      const uploadId = textOf(elementOf(body), 'UploadId') ?? ''; // it is there: the answer would not be believed otherwise
      return {
        container: ref.container,
        key: ref.key,
        driver: S3,
        opaque: writeToken(uploadId, options.precondition),
      };
    },

    uploadPart: uploadPart(context),

    async complete(token, parts, call) {
      const expected = expectedEtag(parts, token.container);
      const { uploadId, condition } = readToken(token);
      const body = buildXml('CompleteMultipartUpload', {
        Part: parts.map(({ number, receipt }) => ({ PartNumber: String(number), ETag: receipt })),
      });
      const send = (conditional: Readonly<Record<string, string>>) =>
        client.request(
          {
            method: 'POST',
            operation: 'completeUpload',
            action: 'complete the upload',
            container: token.container,
            key: token.key,
            query: { uploadId },
            headers: { 'content-type': 'application/xml', ...conditional, ...objectHeaders.access },
            body,
            payload: hash('sha256', body, 'hex'),
            answerWithinMs: SLOW_ANSWER_MS,
          },
          call,
        );
      let etag: string | undefined;
      let versionId: string | undefined;
      let comparable = profile.compositeEtag && expected !== undefined;
      try {
        const answer = await conditions.send(token, condition, send, true, call);
        etag = textOf(elementOf(answer.body), 'ETag') || answer.headers['etag'];
        versionId = answer.headers['x-amz-version-id'];
        if (isKeyEncrypted(answer.headers)) comparable = false;
      } catch (error) {
        if (error instanceof ObjectDoesNotExistError)
          return completedBefore(token, expected, error, call);
        return completedUnproven(
          token,
          parts,
          expected,
          refusedCondition(token, condition, error),
          call,
        );
      }
      if (comparable && expected !== undefined && etag !== undefined && quoted(etag) !== expected)
        throw new ObjectHashMismatchError(token.key, expected, quoted(etag), { driver: S3 });
      const extra = {
        ...(etag !== undefined && { etag: quoted(etag) }),
        ...(versionId !== undefined && { versionId }),
      };
      return {
        container: token.container,
        key: token.key,
        size: sizeOf(parts),
        checksums: [],
        metaData: {},
        extra,
      };
    },

    async abort(token, call) {
      try {
        await client.request(
          {
            method: 'DELETE',
            operation: 'abortUpload',
            action: 'abort the upload',
            container: token.container,
            key: token.key,
            query: { uploadId: readToken(token).uploadId },
          },
          call,
        );
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.size, 0);
}
