import type { Backend } from '../../drivers/backend.js';
import type { Body, ObjectInfo, ObjectRef } from '../../drivers/call.js';
import { findChecksum } from '../../drivers/digest.js';
import {
  InvalidObjectNameError,
  ObjectDoesNotExistError,
  ObjectError,
  UnsupportedOperationError,
} from '../../drivers/errors.js';
import { sendObject } from '../../drivers/send.js';

/** The provider refuses for good both to copy the object and to give out its content, as S3 does for an archived one. */
export class UnreadableObjectError extends ObjectError {
  constructor(refusal: ObjectError) {
    super(refusal.objectName, `cannot be copied or read: ${refusal.message}`, {
      driver: refusal.driver,
      cause: refusal,
    });
  }
}

/**
 * Copies an object with its content type and metadata: within the provider where that is possible and allowed, else by
 * reading and sending it, in bounded memory. A missing object rejects with ObjectDoesNotExistError, one that cannot be
 * read with UnreadableObjectError.
 */
export async function copyObject(
  backend: Backend,
  from: ObjectInfo,
  to: ObjectRef,
  signal: AbortSignal,
): Promise<ObjectInfo> {
  const { copy } = backend.capabilities;
  if (copy === undefined) return send(backend, from, to, signal);
  try {
    return await copy.copyObject({ container: from.container, key: from.key }, to, undefined, {
      signal,
    });
  } catch (error) {
    if (!(error instanceof UnsupportedOperationError) && !isRefusal(error)) throw error;
    return send(backend, from, to, signal);
  }
}

async function send(
  backend: Backend,
  from: ObjectInfo,
  to: ObjectRef,
  signal: AbortSignal,
): Promise<ObjectInfo> {
  let unreadable: UnreadableObjectError | undefined;
  const body: Body = {
    size: from.size,
    replayable: true,
    async *open() {
      try {
        yield* await backend.readObject({ container: from.container, key: from.key }, undefined, {
          signal,
        });
      } catch (error) {
        if (isRefusal(error)) unreadable = new UnreadableObjectError(error);
        throw error;
      }
    },
  };
  const md5 = findChecksum(from.checksums, 'md5');
  const storageClass = from.extra['storageClass'];
  const options = {
    contentType: String(from.extra['contentType'] ?? 'application/octet-stream'),
    metaData: from.metaData,
    headers: {},
    ...(typeof storageClass === 'string' && { storageClass }),
    checksums: md5 !== undefined && backend.capabilities.checksums.includes('md5') ? [md5] : [],
  };
  try {
    return (await sendObject(backend, to, body, options, { signal, verifyHash: true })).info;
  } catch (error) {
    throw unreadable ?? error;
  }
}

/** Whether the provider refused, for good, what was asked of this one object. */
function isRefusal(error: unknown): error is ObjectError {
  if (!(error instanceof ObjectError) || error.retry !== 'never') return false;
  return !(error instanceof ObjectDoesNotExistError || error instanceof InvalidObjectNameError);
}
