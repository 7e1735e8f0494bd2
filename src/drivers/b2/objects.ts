import type { Backend } from '../backend.js';
import type { Body, Call, ObjectInfo, ObjectRef, PutOptions } from '../call.js';
import { findChecksum } from '../digest.js';
import { ObjectDoesNotExistError } from '../errors.js';
import { foundAsSent } from '../http/found-as-sent.js';
import type { B2Context } from './context.js';
import { deleteAllVersions, hide } from './delete-file.js';
import { describe } from './file-info.js';
import { findFile } from './find-file.js';
import { checkContainer, checkKey, isPossibleKey, refuseImpossible } from './names.js';
import { infoOf } from './object-info.js';
import { type Payload, preparePayload } from './payload.js';
import { uploadFile } from './upload-file.js';

type ObjectOperations = Pick<Backend, 'headObject' | 'putObject' | 'deleteObject'>;

export function objectOperations(context: B2Context): ObjectOperations {
  const headObject: Backend['headObject'] = async (ref, call) => {
    call.signal.throwIfAborted();
    refuseImpossible(ref);
    return infoOf(ref.container, await findFile(context, ref, call));
  };

  async function put(
    ref: ObjectRef,
    payload: Payload,
    options: PutOptions,
    call: Call,
  ): Promise<ObjectInfo> {
    const described = describe(context.settings, ref.key, options);
    try {
      return infoOf(ref.container, await uploadFile(context, ref, described, payload, call));
    } catch (error) {
      const sent = { size: payload.size, sha1: payload.sentSha1(), metaData: options.metaData };
      return foundAsSent(
        error,
        () => headObject(ref, call),
        (found) => isFileSent(found, sent),
      );
    }
  }

  return {
    headObject,

    async putObject({ container, key }, body: Body, options, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      checkKey(key);
      const payload = preparePayload(key, body, options.checksums, false);
      return withMd5(await put({ container, key }, payload, options, call), payload);
    },

    async deleteObject({ container, key }, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      if (!isPossibleKey(key)) return;
      const remove = context.settings.hard_delete ? deleteAllVersions : hide;
      try {
        await remove(context, { container, key }, call);
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };
}

/** What was sent, as far as a listing says it. */
interface SentFile {
  readonly size: number;
  /** Hex; undefined: not all of it went out. */
  readonly sha1: string | undefined;
  readonly metaData: Readonly<Record<string, string>>;
}

function isFileSent({ size, checksums, metaData }: ObjectInfo, sent: SentFile): boolean {
  const sha1 = findChecksum(checksums, 'sha1')?.hex;
  if (sha1 === undefined || sha1 !== sent.sha1 || size !== sent.size) return false;
  return Object.entries(sent.metaData).every(
    ([key, value]) => metaData[key.toLowerCase()] === value,
  );
}

/** With the MD5 of the bytes whose SHA-1 B2 has confirmed, where it reports none of its own. */
function withMd5(info: ObjectInfo, payload: Payload): ObjectInfo {
  if (
    findChecksum(info.checksums, 'md5') !== undefined ||
    payload.body instanceof Uint8Array === false
  )
    return info;
  const hex = payload.sentMd5();
  return hex === undefined
    ? info
    : { ...info, checksums: [{ algorithm: 'md5', hex }, ...info.checksums] };
}
