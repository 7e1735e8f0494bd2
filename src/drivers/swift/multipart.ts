import { randomUUID } from 'node:crypto';
import type { Backend } from '../backend.js';
import type { ObjectInfo } from '../call.js';
import type { ListedUpload, Multipart, Part, UploadToken } from '../capabilities.js';
import { findChecksum } from '../digest.js';
import { ContainerDoesNotExistError, ObjectDoesNotExistError, StorageError } from '../errors.js';
import { fromSource } from '../http/refusal.js';
import { eachInParallel } from '../parallel.js';
import { completeUpload } from './complete.js';
import { lookAtContainer } from './containers.js';
import type { SwiftContext } from './context.js';
import { cutsOf } from './cuts-of.js';
import { SWIFT } from './errors.js';
import type { LargeObjectParts } from './large-objects.js';
import { checkContainer, checkKey } from './names.js';
import { objectHeaders } from './object-headers.js';
import { MD5_METADATA, quoted, SEGMENTS_METADATA } from './object-info.js';
import { confirmedMd5, preparePayload } from './payload.js';
import { segmentsMark } from './segments.js';
import { manifestEtag } from './slo.js';
import type { UploadNote } from './upload-marks.js';

/** What a manifest may name (`/info`, slo.max_manifest_segments). */
export const MAX_SEGMENTS = 1000;
/** A completion whose answer was lost may still come through this much later. */
const UNCERTAIN_MS = 10 * 60_000;
const LANES = 8;

/** Static large objects: parts are segments in a container of their own, and the object is a manifest that names them. */
export function swiftMultipart(
  context: SwiftContext,
  kept: LargeObjectParts,
  { headObject, putObject }: Pick<Backend, 'headObject' | 'putObject'>,
): Multipart {
  const { client, clock, settings } = context;
  const { segments, marks, large } = kept;
  /** Uploads whose completion was sent and not answered, and until when their segments are left alone. */
  const uncertain = new Map<string, number>();

  async function isOpen(
    { container, opaque }: UploadToken,
    call: Parameters<Multipart['abort']>[1],
  ): Promise<boolean> {
    return (await marks.read('open', container, opaque, call)) !== undefined;
  }

  return {
    partSize: {
      min: Math.min(settings.segment_size, settings.max_put_size),
      max: settings.max_put_size,
      maxParts: MAX_SEGMENTS,
    },
    etagOfParts: (_container, parts) => quoted(manifestEtag(parts.map(({ md5 }) => md5))),

    cutsOf: cutsOf(context, segments),

    async begin({ container, key }, options, call) {
      checkKey(key);
      const md5 = findChecksum(options.checksums, 'md5')?.hex;
      const headers = {
        ...objectHeaders(settings, key, options),
        ...(md5 !== undefined && { [MD5_METADATA]: md5 }),
      };
      await lookAtContainer(client, container, call);
      const note: UploadNote = { key, headers, metaData: options.metaData };
      const token = { container, key, driver: SWIFT, opaque: randomUUID() };
      segments.begin(container);
      try {
        await marks.write('open', container, token.opaque, note, call);
      } catch (error) {
        if (!(error instanceof ContainerDoesNotExistError)) throw error;
        await segments.createContainerOf(container, call);
        await marks.write('open', container, token.opaque, note, call);
      }
      return token;
    },

    async uploadPart(token, number, body, call) {
      call.signal.throwIfAborted();
      const { container, key, opaque } = token;
      const payload = await preparePayload(
        key,
        body,
        body.checksums ?? [],
        await client.isInTheClear(call),
        call,
      );
      const place = {
        container: segments.containerOf(container),
        key: segments.keyOf(container, opaque, number),
      };
      const { headers } = await client
        .request(
          {
            method: 'PUT',
            operation: 'putObject',
            action: `put segment ${number} of "${key}"`,
            ...place,
            needsContainer: true,
            headers: {
              'content-type': 'application/octet-stream',
              [SEGMENTS_METADATA]: segmentsMark({ container, key }, opaque),
              ...payload.headers,
            },
            body: payload.body,
            replayable: payload.replayable,
          },
          call,
        )
        .catch((error: unknown) => {
          throw fromSource(key, error, SWIFT);
        });
      const md5 = confirmedMd5(key, headers['etag'], payload);
      // Looked at afterwards: who aborted before has not seen this segment.
      if (await isOpen(token, call)) return { number, size: payload.size, receipt: md5, md5 };
      await client.request(
        {
          method: 'DELETE',
          operation: 'deleteObject',
          action: 'delete a segment',
          ...place,
          accept: 404,
        },
        call,
      );
      throw new ObjectDoesNotExistError(key, { driver: SWIFT });
    },

    async uploadedParts(token, call): Promise<readonly Part[]> {
      if (!(await isOpen(token, call)))
        throw new ObjectDoesNotExistError(token.key, { driver: SWIFT });
      return segments.list(token.container, token.opaque, call);
    },

    async complete(token, parts, call): Promise<ObjectInfo> {
      call.signal.throwIfAborted();
      const sized = parts.filter(({ size }) => size > 0); // a manifest takes no empty segment
      const sending = () => void uncertain.set(token.opaque, clock.monotonic() + UNCERTAIN_MS);
      try {
        const info = await completeUpload(
          context,
          kept,
          { headObject, putObject },
          token,
          sized,
          sending,
          call,
        );
        uncertain.delete(token.opaque);
        return info;
      } catch (error) {
        // A plain refusal is an answer. A 5xx is none: some replica may have the manifest, and give it to the others.
        if (error instanceof StorageError && error.retry === 'never')
          uncertain.delete(token.opaque);
        throw error;
      }
    },

    async abort({ container, key, opaque }, call) {
      if ((uncertain.get(opaque) ?? 0) > clock.monotonic())
        throw new StorageError(
          `abort the upload of "${key}": its completion may still come through; abort it in some minutes`,
          {
            driver: SWIFT,
          },
        );
      await large.discard({ container, key }, opaque, call);
    },

    async unfinished(container, prefix, call) {
      checkContainer(container);
      const uploads: ListedUpload[] = [];
      await eachInParallel(
        await marks.list(container, call),
        LANES,
        call.signal,
        async ({ uploadId, state, madeAtMs }, signal) => {
          const note = await marks.read(state, container, uploadId, { signal });
          if (!note?.key.startsWith(prefix)) return;
          const token = { container, key: note.key, driver: SWIFT, opaque: uploadId };
          // Of one that was completed only the mark is left to go.
          const isWaste =
            state === 'dead' || (await segments.madeOf(token, { signal }))?.uploadId === uploadId;
          uploads.push(
            isWaste
              ? { ...token, discarded: true }
              : { ...token, ...(madeAtMs !== undefined && { beganAtMs: madeAtMs }) },
          );
        },
      );
      return uploads;
    },
  };
}
