import type { Backend } from '../backend.js';
import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { Copy, CopyReplacement, Multipart } from '../capabilities.js';
import { copyInParts } from '../copy-in-parts.js';
import { checkSource } from '../copy-source.js';
import { findChecksum } from '../digest.js';
import { ObjectHashMismatchError } from '../errors.js';
import { descriptionOf } from '../http/content-headers.js';
import { foundAsSent } from '../http/found-as-sent.js';
import { planParts } from '../part-size.js';
import { type B2Context, SLOW_ANSWER_MS } from './context.js';
import { encryptionParameter } from './encryption.js';
import { B2 } from './errors.js';
import { describe, LARGE_FILE_SHA1 } from './file-info.js';
import { readObject, textOf } from './json.js';
import { checkContainer, checkKey } from './names.js';
import { infoOf, readFile } from './object-info.js';
import { receiptOf } from './parts.js';

/** https://www.backblaze.com/apidocs/b2-copy-file */
const MOST_AT_ONCE = 5_000_000_000;
/** Of a larger one: few requests, and each is answered within minutes. */
const COPIED_PART = 1_000_000_000;
const LANES = 8;

/** A copy names its source by the id of a version: what replaces it meanwhile is not copied. */
export function b2Copy(
  context: B2Context,
  { headObject }: Pick<Backend, 'headObject'>,
  multipart: Multipart,
): Copy {
  const { client, buckets, settings } = context;

  async function copyWhole(
    source: ObjectInfo,
    { container, key }: ObjectRef,
    replace: CopyReplacement | undefined,
    call: Call,
  ): Promise<ObjectInfo> {
    const action = `copy "${source.key}"`;
    const about = { operation: 'b2_copy_file', action, container, key } as const;
    const described = replace && describe(settings, key, replace);
    const destinationServerSideEncryption = encryptionParameter(settings);
    const answer = await buckets.withId(container, call, (destinationBucketId) => {
      const parameters = {
        sourceFileId: source.extra['fileId'],
        destinationBucketId,
        fileName: key,
        metadataDirective: described === undefined ? 'COPY' : 'REPLACE',
        ...(destinationServerSideEncryption && { destinationServerSideEncryption }),
        ...(described !== undefined && {
          contentType: described.contentType,
          fileInfo: { ...described.info, ...wholeSha1(source) },
        }),
      };
      const slow = { answerWithinMs: SLOW_ANSWER_MS };
      return client.request({ method: 'POST', ...about, parameters, ...slow }, call);
    });
    return confirmed(source, infoOf(container, readFile(action, readObject(action, answer))));
  }

  async function copyParts(
    source: ObjectInfo,
    to: ObjectRef,
    described: CopyReplacement,
    call: Call,
  ): Promise<ObjectInfo> {
    const sha1 = findChecksum(source.checksums, 'sha1');
    const checksums = sha1 === undefined ? [] : [sha1];
    const token = await multipart.begin(to, { headers: {}, ...described, checksums }, call);
    const action = `copy a part of "${source.key}"`;
    return copyInParts(
      multipart,
      {
        token,
        sources: planParts(source.size, COPIED_PART),
        lanes: LANES,
        async copyPart({ number, start, end }, partCall) {
          const parameters = {
            sourceFileId: source.extra['fileId'],
            largeFileId: token.opaque,
            partNumber: number,
            range: `bytes=${start}-${end - 1}`,
          };
          const about = { operation: 'b2_copy_part', action, ...to, parameters } as const;
          const slow = { answerWithinMs: SLOW_ANSWER_MS };
          const answer = await client.request({ method: 'POST', ...about, ...slow }, partCall);
          const copied = textOf(action, readObject(action, answer), 'contentSha1');
          return { number, size: end - start, receipt: receiptOf([copied]) };
        },
      },
      call,
    );
  }

  return {
    bindsSource: true,
    ifAbsent: false,
    async copyObject(from, to, replace, call) {
      call.signal.throwIfAborted();
      checkContainer(to.container);
      checkKey(to.key);
      const source = await headObject({ container: from.container, key: from.key }, call);
      checkSource(source, from, B2);
      const target = { container: to.container, key: to.key };
      if (replace === undefined && from.container === to.container && from.key === to.key)
        return source;
      if (source.size > MOST_AT_ONCE)
        return copyParts(source, target, replace ?? descriptionOf(source), call);
      const metaData = replace?.metaData ?? source.metaData;
      return copyWhole(source, target, replace, call).catch((error: unknown) =>
        foundAsSent(
          error,
          () => headObject(target, call),
          (found) => isCopyOf(source, metaData, found),
        ),
      );
    },
  };
}

/** What B2 knows of a large file's content only because its uploader says it goes with the copy. */
function wholeSha1({ extra, checksums }: ObjectInfo): Record<string, string> {
  const sha1 = extra['contentSha1'] === 'none' ? findChecksum(checksums, 'sha1')?.hex : undefined;
  return sha1 === undefined ? {} : { [LARGE_FILE_SHA1]: sha1 };
}

/** With the MD5 of the source where B2 reports none of the copy, and the same SHA-1. */
function confirmed(source: ObjectInfo, copied: ObjectInfo): ObjectInfo {
  const [before, after] = [source, copied].map(
    ({ checksums }) => findChecksum(checksums, 'sha1')?.hex,
  );
  if (before !== undefined && after !== undefined && before !== after)
    throw new ObjectHashMismatchError(copied.key, before, after, { driver: B2 });
  const md5 = findChecksum(source.checksums, 'md5');
  if (before === undefined || before !== after || md5 === undefined) return copied;
  const others = copied.checksums.filter(({ algorithm }) => algorithm !== 'md5');
  return { ...copied, checksums: [findChecksum(copied.checksums, 'md5') ?? md5, ...others] };
}

function isCopyOf(
  source: ObjectInfo,
  metaData: Readonly<Record<string, string>>,
  found: ObjectInfo,
): boolean {
  const [before, after] = [source, found].map(
    ({ checksums }) => findChecksum(checksums, 'sha1')?.hex,
  );
  if (before === undefined || before !== after || found.size !== source.size) return false;
  return Object.entries(metaData).every(
    ([key, value]) => found.metaData[key.toLowerCase()] === value,
  );
}
