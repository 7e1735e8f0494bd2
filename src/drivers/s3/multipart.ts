import { hash } from 'node:crypto';
import type { Call, ObjectInfo } from '../call.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import { ObjectDoesNotExistError, ObjectHashMismatchError, StorageError } from '../errors.js';
import { type S3Context, SLOW_ANSWER_MS } from './context.js';
import { S3 } from './errors.js';
import { compositeEtag, isKeyEncrypted, md5InEtag, quoted } from './etag.js';
import { checkContainer, checkKey } from './names.js';
import { conditionHeaders, type objectOperations, refusedCondition } from './objects.js';
import { uploadListing } from './upload-listing.js';
import { uploadPart } from './upload-part.js';
import { readToken, writeToken } from './upload-token.js';
import { buildXml, elementOf, textOf } from './xml.js';

export function s3Multipart(context: S3Context, { headObject }: Pick<ReturnType<typeof objectOperations>, 'headObject'>): Multipart {
  const { client, profile, etags, headers: objectHeaders } = context;

  /** What a completion should have made: undefined where the parts' ETags say nothing of their content. */
  function expectedEtag(parts: readonly Part[], container: string): string | undefined {
    if (profile.etag === 'opaque' || profile.partEtag === 'opaque' || etags.isOpaque(container)) return undefined;
    const md5s = parts.map(({ receipt }) => md5InEtag(receipt));
    return md5s.every((md5) => md5 !== undefined) ? compositeEtag(md5s) : undefined;
  }

  /** An answer that was lost, and the same completion sent again: the upload is gone then, and the object there. */
  async function completedBefore(token: UploadToken, expected: string | undefined, gone: unknown, call: Call): Promise<ObjectInfo> {
    const found = expected === undefined ? undefined : await headObject(token, call).catch(() => undefined);
    if (found === undefined || found.extra['etag'] !== expected) throw gone;
    return found;
  }

  return {
    ...uploadListing(context),
    partSize: profile.parts,
    etagOfParts: (container, parts) =>
      profile.compositeEtag && profile.partEtag === 'md5' && !etags.isOpaque(container)
        ? compositeEtag(parts.map(({ md5 }) => md5))
        : undefined,

    async begin(ref, options, call) {
      checkContainer(ref.container);
      checkKey(ref.key);
      conditionHeaders(context, options.precondition);
      const { body } = await client.request(
        {
          method: 'POST',
          action: 'begin an upload of',
          ...ref,
          query: { uploads: '' },
          headers: objectHeaders.create(ref.key, options),
          mayFailInside: true,
        },
        call,
      );
      const uploadId = textOf(elementOf(body), 'UploadId');
      if (!uploadId)
        throw new StorageError(`begin an upload of "${ref.key}": the answer has no upload id`, { driver: S3, retry: 'backoff' });
      return { container: ref.container, key: ref.key, driver: S3, opaque: writeToken(uploadId, options.precondition) };
    },

    uploadPart: uploadPart(context),

    async complete(token, parts, call) {
      const expected = expectedEtag(parts, token.container);
      const { uploadId, condition } = readToken(token);
      const body = buildXml('CompleteMultipartUpload', {
        Part: parts.map(({ number, receipt }) => ({ PartNumber: String(number), ETag: receipt })),
      });
      let etag: string | undefined;
      let versionId: string | undefined;
      let comparable = profile.compositeEtag && expected !== undefined;
      try {
        const answer = await client.request(
          {
            method: 'POST',
            action: 'complete the upload of',
            container: token.container,
            key: token.key,
            query: { uploadId },
            headers: { 'content-type': 'application/xml', ...conditionHeaders(context, condition), ...objectHeaders.access },
            body,
            payload: hash('sha256', body, 'hex'),
            answerWithinMs: SLOW_ANSWER_MS,
            mayFailInside: true,
          },
          call,
        );
        etag = textOf(elementOf(answer.body), 'ETag') ?? answer.headers['etag'];
        versionId = answer.headers['x-amz-version-id'];
        if (isKeyEncrypted(answer.headers)) comparable = false;
      } catch (error) {
        if (error instanceof ObjectDoesNotExistError) return completedBefore(token, expected, error, call);
        throw refusedCondition(token, condition, error);
      }
      if (comparable && expected !== undefined && etag !== undefined && quoted(etag) !== expected)
        throw new ObjectHashMismatchError(token.key, expected, quoted(etag), { driver: S3 });
      const size = parts.reduce((sum, part) => sum + part.size, 0);
      const extra = { ...(etag !== undefined && { etag: quoted(etag) }), ...(versionId !== undefined && { versionId }) };
      return { container: token.container, key: token.key, size, checksums: [], metaData: {}, extra };
    },

    async abort(token, call) {
      try {
        await client.request(
          {
            method: 'DELETE',
            action: 'abort the upload of',
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
