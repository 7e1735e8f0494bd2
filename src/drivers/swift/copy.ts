import type { Backend } from '../backend.js';
import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { Copy, CopyReplacement, Multipart } from '../capabilities.js';
import { checkSource } from '../copy-source.js';
import { findChecksum } from '../digest.js';
import { ObjectHashMismatchError } from '../errors.js';
import { descriptionOf } from '../http/content-headers.js';
import { foundAsSent, isAsSent } from '../http/found-as-sent.js';
import type { SwiftContext } from './context.js';
import { copyByParts, partsByRange, partsBySegment } from './copy-parts.js';
import { copyRequests } from './copy-request.js';
import { SWIFT } from './errors.js';
import type { LargeObjectParts } from './large-objects.js';
import { checkContainer, checkKey } from './names.js';
import { objectHeaders } from './object-headers.js';
import { extraFrom } from './object-info.js';
import { replaceMetadata } from './replace-metadata.js';
import { refuseDropped } from './stored.js';

/**
 * A large object is copied as a whole where it fits one object, else in segments of its own: it shares none with its
 * source, which may be deleted.
 */
export function swiftCopy(
  context: SwiftContext,
  { large, segments }: LargeObjectParts,
  multipart: Multipart,
  { headObject }: Pick<Backend, 'headObject'>,
): Copy {
  const { settings } = context;
  const sendCopy = copyRequests(context, headObject);

  async function copyWhole(
    source: ObjectInfo,
    to: ObjectRef,
    replace: CopyReplacement | undefined,
    call: Call,
  ): Promise<ObjectInfo> {
    const headers =
      replace === undefined
        ? {}
        : {
            'x-fresh-metadata': 'true',
            ...objectHeaders(settings, to.key, { headers: {}, ...replace }),
          };
    const expected = findChecksum(source.checksums, 'md5')?.hex;
    const metaData = replace?.metaData ?? source.metaData;
    const sent = { size: source.size, md5: expected, metaData };
    const sink = { action: `copy "${source.key}"`, ...to, headers };
    const answer = await large.replacing(to, call, () =>
      sendCopy(source, sink, call).catch((error: unknown) =>
        foundAsSent(
          error,
          () => headObject(to, call),
          (found) => isAsSent(found, sent),
        ),
      ),
    );
    if ('key' in answer) return answer;
    refuseDropped(to.key, answer);
    const hex = /^"?([0-9a-f]{32})"?$/.exec(answer.headers['etag'] ?? '')?.[1];
    if (hex !== undefined && expected !== undefined && hex !== expected)
      throw new ObjectHashMismatchError(to.key, expected, hex, { driver: SWIFT });
    const contentType = replace?.contentType ?? source.extra['contentType'];
    const checksums = hex === undefined ? [] : [{ algorithm: 'md5' as const, hex }];
    const extra = { ...extraFrom(answer.headers), contentType };
    return { ...to, size: source.size, checksums, metaData, extra };
  }

  return {
    // Ceph takes no notice of If-Match in a copy.
    bindsSource: false,
    ifAbsent: false,
    async copyObject(from, to, replace, call) {
      checkContainer(to.container);
      checkKey(to.key);
      const source = await headObject({ container: from.container, key: from.key }, call);
      checkSource(source, from, SWIFT);
      const target = { container: to.container, key: to.key };
      if (from.container === to.container && from.key === to.key)
        return replace === undefined
          ? source
          : replaceMetadata(context, headObject, source, replace, call);
      const made =
        source.extra['largeObject'] === 'static' ? await segments.madeOf(source, call) : undefined;
      if (!made?.sharedByCopy && source.size <= settings.max_put_size)
        return copyWhole(source, target, replace, call);
      const parts = made?.sharedByCopy
        ? await partsBySegment(segments, source, made.uploadId, call)
        : partsByRange(source, settings.max_put_size);
      const described = replace ?? descriptionOf(source);
      const work = { multipart, segments, sendCopy };
      return copyByParts(work, source, parts, target, described, call);
    },
  };
}
