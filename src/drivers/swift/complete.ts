import type { Backend } from '../backend.js';
import { bytesBody } from '../body.js';
import type { Call, ObjectInfo } from '../call.js';
import type { Part, UploadToken } from '../capabilities.js';
import { ObjectDoesNotExistError, ObjectHashMismatchError } from '../errors.js';
import { foundAsSent } from '../http/found-as-sent.js';
import { SLOW_ANSWER_MS, type SwiftContext } from './context.js';
import { SWIFT } from './errors.js';
import type { LargeObjectParts } from './large-objects.js';
import { checksumsOf, extraFrom, quoted, SEGMENTS_METADATA } from './object-info.js';
import { segmentsMark } from './segment-names.js';
import { manifestEtag, manifestOf } from './slo.js';
import { refuseDropped } from './stored.js';
import type { UploadNote } from './upload-marks.js';

/**
 * Puts the manifest. When the upload is gone because an earlier completion went through and its answer was lost, the
 * object that it made is what this resolves with.
 */
export async function completeUpload(
  { client }: SwiftContext,
  { segments, marks, large }: LargeObjectParts,
  { headObject, putObject }: Pick<Backend, 'headObject' | 'putObject'>,
  token: UploadToken,
  parts: readonly Part[],
  /** Called when the manifest is about to go out. */
  sending: () => void,
  call: Call,
): Promise<ObjectInfo> {
  const ref = { container: token.container, key: token.key };
  const etag = manifestEtag(parts.map(({ receipt }) => receipt));
  const note = await marks.read('open', ref.container, token.opaque, call);
  if (note === undefined) return madeBefore();
  const info = parts.length === 0 ? await putEmpty(note) : await putManifest(note);
  // The object is there. A mark that stays is found by `unfinished`, and then only the mark goes.
  await marks.remove('open', ref.container, token.opaque, call).catch(() => undefined);
  return info;

  function isOfTheseParts({ extra }: ObjectInfo): boolean {
    return extra['etag'] === quoted(etag) && extra['largeObject'] === 'static';
  }

  async function madeBefore(): Promise<ObjectInfo> {
    const found = await headObject(ref, call);
    if (parts.length === 0 || !isOfTheseParts(found))
      throw new ObjectDoesNotExistError(ref.key, { driver: SWIFT });
    return found;
  }

  function putEmpty({ headers = {}, metaData = {} }: UploadNote): Promise<ObjectInfo> {
    const contentType = headers['content-type'] ?? 'application/octet-stream';
    return putObject(
      ref,
      bytesBody(new Uint8Array()),
      { contentType, metaData, headers: {}, checksums: [] },
      call,
    );
  }

  async function putManifest({ headers = {}, metaData = {} }: UploadNote): Promise<ObjectInfo> {
    const folder = segments.containerOf(ref.container);
    const manifest = manifestOf(
      parts,
      ({ number }) => `/${folder}/${segments.keyOf(ref.container, token.opaque, number)}`,
    );
    const answer = await large.replacing(ref, call, () => {
      sending();
      const put = client.request(
        {
          method: 'PUT',
          operation: 'putManifest',
          action: 'complete the upload',
          ...ref,
          needsContainer: true,
          query: { 'multipart-manifest': 'put' },
          // No ETag to compare with: Ceph refuses every one of a manifest. The answer has it.
          headers: { ...headers, [SEGMENTS_METADATA]: segmentsMark(ref, token.opaque) },
          body: manifest,
          answerWithinMs: SLOW_ANSWER_MS,
        },
        call,
      );
      return put.catch((error: unknown) =>
        foundAsSent(error, () => headObject(ref, call), isOfTheseParts),
      );
    });
    if ('key' in answer) return answer;
    refuseDropped(ref.key, answer);
    const reported = answer.headers['etag'];
    if (reported !== undefined && quoted(reported) !== quoted(etag))
      throw new ObjectHashMismatchError(ref.key, etag, reported, { driver: SWIFT });
    const checksums = checksumsOf({ ...headers, 'x-static-large-object': 'true' });
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const extra = {
      ...extraFrom(answer.headers),
      contentType: headers['content-type'],
      largeObject: 'static',
      etag: quoted(etag),
    };
    return { ...ref, size, checksums, metaData: { ...metaData }, extra };
  }
}
