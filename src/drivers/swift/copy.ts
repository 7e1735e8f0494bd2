import { NEVER_ABORTED } from '../../signal.js';
import type { Backend } from '../backend.js';
import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { Copy, CopyReplacement, Multipart, Part } from '../capabilities.js';
import { checkSource } from '../copy-source.js';
import { findChecksum } from '../digest.js';
import { ContainerDoesNotExistError, ObjectError, ObjectHashMismatchError } from '../errors.js';
import { headersOfExtra } from '../http/content-headers.js';
import type { HttpAnswer } from '../http/exchange.js';
import { foundAsSent, isAsSent } from '../http/found-as-sent.js';
import { eachInParallel } from '../parallel.js';
import { planParts } from '../part-size.js';
import { SLOW_ANSWER_MS, type SwiftContext } from './context.js';
import { encodePath } from './encode.js';
import { SWIFT } from './errors.js';
import type { LargeObjectParts } from './large-objects.js';
import { checkContainer, checkKey } from './names.js';
import { objectHeaders } from './object-headers.js';
import { CEPH_MANIFEST, extraFrom, MD5_METADATA, SEGMENTS_METADATA } from './object-info.js';
import { segmentsMark } from './segments.js';
import { refuseDropped } from './stored.js';

const LANES = 4;

/** Where a copy goes. */
interface Sink extends ObjectRef {
  /** For people, before the name of the object. */
  readonly action: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A part of a copy, and where its bytes are. */
interface SourcePart {
  /** From 1. */
  readonly number: number;
  readonly size: number;
  readonly from: ObjectInfo;
  readonly headers: Readonly<Record<string, string>>;
  /** Hex, where it is known before. */
  readonly md5?: string;
}

/** A large object is copied as a whole where it fits one object, else in segments of its own: it shares none with its source, which may be deleted. */
export function swiftCopy(
  { client, settings }: SwiftContext,
  { large, segments }: LargeObjectParts,
  multipart: Multipart,
  { headObject }: Pick<Backend, 'headObject'>,
): Copy {
  /** Copies the source if it is still what was looked at: Swift evaluates the condition as it reads it (middleware/copy.py). */
  async function copyFrom(source: ObjectInfo, sink: Sink, call: Call): Promise<HttpAnswer> {
    const { container, key } = source;
    const { etag } = source.extra;
    const headers = {
      ...sink.headers,
      'x-copy-from': `/${encodePath(container)}/${encodePath(key)}`,
    };
    try {
      return await client.request(
        {
          ...sink,
          method: 'PUT',
          operation: 'copyObject',
          needsContainer: true,
          condition: key,
          headers: typeof etag === 'string' ? { ...headers, 'if-match': etag } : headers,
          body: new Uint8Array(),
          answerWithinMs: SLOW_ANSWER_MS,
        },
        call,
      );
    } catch (error) {
      // The one answer stands for both: which is gone, the container or the source?
      if (error instanceof ContainerDoesNotExistError) await headObject({ container, key }, call);
      throw error;
    }
  }

  function described(kept: CopyReplacement, source: ObjectInfo): Record<string, string> {
    const md5 = findChecksum(source.checksums, 'md5')?.hex;
    const isLarge = source.extra['largeObject'] !== undefined;
    return {
      ...objectHeaders(settings, source.key, { headers: {}, ...kept }),
      ...(isLarge && md5 !== undefined && { [MD5_METADATA]: md5 }),
    };
  }

  /** POST replaces all metadata, and of a dynamic large object its segments' prefix with it unless it is said again. */
  async function describeAnew(
    source: ObjectInfo,
    replace: CopyReplacement,
    call: Call,
  ): Promise<ObjectInfo> {
    const { container, key } = source;
    const about = { container, key };
    const { headers } = await client.request(
      { method: 'HEAD', operation: 'headObject', action: 'look up', ...about },
      call,
    );
    const manifest = headers['x-object-manifest'];
    const kept = [SEGMENTS_METADATA, CEPH_MANIFEST].flatMap((name) =>
      headers[name] === undefined ? [] : [[name, headers[name]]],
    );
    await client.request(
      {
        method: 'POST',
        operation: 'postObject',
        action: 'change the metadata',
        ...about,
        headers: {
          ...described(replace, source),
          ...Object.fromEntries(kept),
          ...(manifest !== undefined && { 'x-object-manifest': manifest }),
        },
      },
      call,
    );
    return headObject(about, call);
  }

  async function copyWhole(
    source: ObjectInfo,
    to: ObjectRef,
    replace: CopyReplacement | undefined,
    call: Call,
  ): Promise<ObjectInfo> {
    const fresh =
      replace === undefined
        ? {}
        : {
            'x-fresh-metadata': 'true',
            ...objectHeaders(settings, to.key, { headers: {}, ...replace }),
          };
    const sent = {
      size: source.size,
      md5: findChecksum(source.checksums, 'md5')?.hex,
      metaData: replace?.metaData ?? source.metaData,
    };
    const answer = await large.replacing(to, call, () =>
      copyFrom(source, { action: `copy "${source.key}"`, ...to, headers: fresh }, call).catch(
        (error: unknown) =>
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
    const expected = findChecksum(source.checksums, 'md5')?.hex;
    if (hex !== undefined && expected !== undefined && hex !== expected)
      throw new ObjectHashMismatchError(to.key, expected, hex, { driver: SWIFT });
    const extra = {
      ...extraFrom(answer.headers),
      contentType: replace?.contentType ?? source.extra['contentType'],
    };
    const checksums = hex === undefined ? [] : [{ algorithm: 'md5' as const, hex }];
    return {
      ...to,
      size: source.size,
      checksums,
      metaData: replace?.metaData ?? source.metaData,
      extra,
    };
  }

  function partsByRange(source: ObjectInfo): readonly SourcePart[] {
    return Array.from(planParts(source.size, settings.max_put_size), ({ number, start, end }) => {
      return {
        number,
        size: end - start,
        from: source,
        headers: { range: `bytes=${start}-${end - 1}` },
      };
    });
  }

  /** The segments that a large object of ours is made of, which nothing replaces. */
  async function partsBySegment(
    source: ObjectInfo,
    uploadId: string | undefined,
    call: Call,
  ): Promise<readonly SourcePart[]> {
    const { container, key } = source;
    const listed = uploadId === undefined ? [] : await segments.list(container, uploadId, call);
    if (listed.reduce((sum, { size }) => sum + size, 0) !== source.size)
      throw new ObjectError(
        key,
        'cannot be copied: the provider does not say which segments it is made of',
        { driver: SWIFT },
      );
    return listed.map(({ number, size, receipt }) => {
      const segment = {
        container: segments.containerOf(container),
        key: segments.keyOf(container, uploadId ?? '', number),
      };
      const from = { ...segment, size, checksums: [], metaData: {}, extra: { etag: receipt } };
      return { number, size, from, headers: {}, md5: receipt };
    });
  }

  async function copyInParts(
    source: ObjectInfo,
    wanted: readonly SourcePart[],
    to: ObjectRef,
    kept: CopyReplacement,
    call: Call,
  ): Promise<ObjectInfo> {
    const token = await multipart.begin(
      to,
      { headers: {}, ...kept, checksums: source.checksums },
      call,
    );
    const parts: Part[] = [];
    try {
      await eachInParallel(
        wanted,
        LANES,
        call.signal,
        async ({ number, size, from, headers, md5 }, signal) => {
          const copied = await copyFrom(
            from,
            {
              action: `copy a part of "${source.key}"`,
              container: segments.containerOf(to.container),
              key: segments.keyOf(to.container, token.opaque, number),
              headers: {
                ...headers,
                'x-fresh-metadata': 'true',
                [SEGMENTS_METADATA]: segmentsMark(to, token.opaque),
              },
            },
            { signal },
          );
          refuseDropped(to.key, copied);
          const receipt = (copied.headers['etag'] ?? '').replaceAll('"', '');
          if (md5 !== undefined && receipt !== md5)
            throw new ObjectHashMismatchError(to.key, md5, receipt, { driver: SWIFT });
          parts.push({ number, size, receipt });
        },
      );
      parts.sort((a, b) => a.number - b.number);
      return await multipart.complete(token, parts, call);
    } catch (error) {
      await multipart.abort(token, { signal: NEVER_ABORTED }).catch(() => undefined);
      throw error;
    }
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
        return replace === undefined ? source : describeAnew(source, replace, call);
      const made =
        source.extra['largeObject'] === 'static' ? await segments.madeOf(source, call) : undefined;
      if (!made?.sharedByCopy && source.size <= settings.max_put_size)
        return copyWhole(source, target, replace, call);
      const kept = replace ?? {
        contentType: String(source.extra['contentType'] ?? 'application/octet-stream'),
        metaData: source.metaData,
        headers: headersOfExtra(source.extra),
      };
      const parts = made?.sharedByCopy
        ? await partsBySegment(source, made.uploadId, call)
        : partsByRange(source);
      return copyInParts(source, parts, target, kept, call);
    },
  };
}
