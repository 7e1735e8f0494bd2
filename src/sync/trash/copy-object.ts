import type { Backend } from '../../drivers/backend.js';
import type { Body, ObjectInfo, ObjectRef } from '../../drivers/call.js';
import { findChecksum } from '../../drivers/digest.js';
import { sendObject } from '../../drivers/send.js';

/**
 * Copies an object with its content type and metadata: within the provider where that is possible, else by reading and
 * sending it, in bounded memory. A missing object rejects with ObjectDoesNotExistError.
 */
export async function copyObject(backend: Backend, from: ObjectInfo, to: ObjectRef, signal: AbortSignal): Promise<ObjectInfo> {
  const { copy, checksums: checked } = backend.capabilities;
  const source = { container: from.container, key: from.key };
  if (copy !== undefined) return copy.copyObject(source, to, undefined, { signal });
  const body: Body = {
    size: from.size,
    replayable: true,
    async *open() {
      yield* await backend.readObject(source, undefined, { signal });
    },
  };
  const md5 = findChecksum(from.checksums, 'md5');
  const options = {
    contentType: String(from.extra['contentType'] ?? 'application/octet-stream'),
    metaData: from.metaData,
    headers: {},
    checksums: md5 !== undefined && checked.includes('md5') ? [md5] : [],
  };
  return (await sendObject(backend, to, body, options, { signal, verifyHash: true })).info;
}
