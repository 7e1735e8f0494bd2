import { randomUUID } from 'node:crypto';
import type { Backend } from '../backend.js';
import type { Call, ObjectInfo } from '../call.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import { findChecksum } from '../digest.js';
import { ContainerDoesNotExistError, ObjectDoesNotExistError, StorageError } from '../errors.js';
import { completeUpload } from './complete.js';
import { containerHeaders } from './containers.js';
import type { SwiftContext } from './context.js';
import { cutsOf } from './cuts-of.js';
import { SWIFT } from './errors.js';
import type { LargeObjectParts } from './large-objects.js';
import { checkKey } from './names.js';
import { objectHeaders } from './object-headers.js';
import { MD5_METADATA, quoted } from './object-info.js';
import { manifestEtag } from './slo.js';
import { unfinishedUploads } from './unfinished.js';
import type { UploadNote } from './upload-marks.js';
import { uploadSegment } from './upload-segment.js';

/** The most segments that a manifest may name (`/info`, slo.max_manifest_segments). */
export const MAX_SEGMENTS = 1000;
/** A completion whose answer was lost may still come through this much later. */
const UNCERTAIN_MS = 10 * 60_000;

/** Static large objects: parts are segments in a container of their own, and the object is a manifest that names them. */
export function swiftMultipart(
  context: SwiftContext,
  parts: LargeObjectParts,
  objects: Pick<Backend, 'headObject' | 'putObject'>,
): Multipart {
  const { client, clock, settings } = context;
  const { segments, marks, large } = parts;
  /** Uploads whose completion was sent and not answered, and until when their segments are left alone. */
  const uncertain = new Map<string, number>();

  const isOpen = async ({ container, opaque }: UploadToken, call: Call): Promise<boolean> =>
    (await marks.read('open', container, opaque, call)) !== undefined;

  return {
    partSize: {
      min: Math.min(settings.segment_size, settings.max_put_size),
      max: settings.max_put_size,
      maxParts: MAX_SEGMENTS,
    },
    etagOfParts: (_, sent) => quoted(manifestEtag(sent.map(({ md5 }) => md5))),

    cutsOf: cutsOf(context, segments),

    async begin({ container, key }, options, call) {
      checkKey(key);
      const md5 = findChecksum(options.checksums, 'md5')?.hex;
      const headers = {
        ...objectHeaders(settings, key, options),
        ...(md5 !== undefined && { [MD5_METADATA]: md5 }),
      };
      await containerHeaders(client, container, call);
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

    uploadPart: uploadSegment(context, parts, isOpen),

    async uploadedParts(token, call): Promise<readonly Part[]> {
      if (!(await isOpen(token, call)))
        throw new ObjectDoesNotExistError(token.key, { driver: SWIFT });
      return segments.list(token.container, token.opaque, call);
    },

    async complete(token, sent, call): Promise<ObjectInfo> {
      call.signal.throwIfAborted();
      const sized = sent.filter(({ size }) => size > 0); // a manifest takes no empty segment
      const sending = () => void uncertain.set(token.opaque, clock.monotonic() + UNCERTAIN_MS);
      try {
        const info = await completeUpload(context, parts, objects, token, sized, sending, call);
        uncertain.delete(token.opaque);
        return info;
      } catch (error) {
        // A plain refusal is an answer. A 5xx is none: a replica may have the manifest, and give it to the others.
        if (error instanceof StorageError && error.retry === 'never')
          uncertain.delete(token.opaque);
        throw error;
      }
    },

    async abort({ container, key, opaque }, call) {
      if ((uncertain.get(opaque) ?? 0) > clock.monotonic()) {
        const problem = 'its completion may still come through; abort it in some minutes';
        throw new StorageError(`abort the upload of "${key}": ${problem}`, { driver: SWIFT });
      }
      await large.discard({ container, key }, opaque, call);
    },

    unfinished: unfinishedUploads(parts),
  };
}
