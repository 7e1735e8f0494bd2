import { randomUUID } from 'node:crypto';
import { compareNames } from '../../utf8-order.js';
import type { Multipart, Part, UploadToken } from '../capabilities.js';
import { checksumOf } from '../digest.js';
import { ObjectDoesNotExistError, ObjectError } from '../errors.js';
import { readBody } from './bytes.js';
import { containerOf, MEMORY, type MemoryStore, type StoredUpload, storeObject } from './store.js';

const context = { driver: MEMORY };

export function memoryMultipart(
  store: MemoryStore,
  partSize: Multipart['partSize'],
  checkKey: (key: string) => void,
): Multipart {
  function uploadOf(token: UploadToken): StoredUpload {
    const upload = store.uploads.get(token.opaque);
    if (upload === undefined) throw new ObjectDoesNotExistError(token.key, context);
    return upload;
  }

  return {
    partSize,
    severalSenders: true,
    // An ETag here is that of a version, and the object has an MD5 anyway.
    etagOfParts: () => undefined,
    cutsOf: async () => undefined,
    async begin({ container, key }, options, { signal }) {
      signal.throwIfAborted();
      checkKey(key);
      containerOf(store, container);
      const token: UploadToken = { container, key, driver: MEMORY, opaque: randomUUID() };
      store.uploads.set(token.opaque, { token, options, parts: new Map(), beganAtMs: store.now() });
      return token;
    },
    async uploadPart(token, number, body, { signal }) {
      signal.throwIfAborted();
      const upload = uploadOf(token);
      const bytes = await readBody(token, body, signal);
      const md5 = checksumOf('md5', bytes).hex;
      const part: Part = { number, size: bytes.byteLength, receipt: md5, md5 };
      upload.parts.set(number, { part, bytes });
      return part;
    },
    async uploadedParts(token, { signal }) {
      signal.throwIfAborted();
      const parts = [...uploadOf(token).parts.values()].map(({ part }) => part);
      return parts.sort((a, b) => a.number - b.number);
    },
    async complete(token, parts, { signal }) {
      signal.throwIfAborted();
      const upload = uploadOf(token);
      const bytes = Buffer.concat(
        parts.map((part, index) =>
          bytesOfPart(upload, part, index === parts.length - 1, partSize.min),
        ),
      );
      checkAscending(token, parts);
      const info = storeObject(store, token, bytes, upload.options);
      store.uploads.delete(token.opaque);
      return info;
    },
    async abort(token, { signal }) {
      signal.throwIfAborted();
      store.uploads.delete(token.opaque);
    },
    async unfinished(container, prefix, { signal }) {
      signal.throwIfAborted();
      containerOf(store, container);
      return [...store.uploads.values()]
        .map(({ token, beganAtMs }) => ({ ...token, beganAtMs }))
        .filter((upload) => upload.container === container && upload.key.startsWith(prefix))
        .sort((a, b) => compareNames(a.key, b.key));
    },
  };
}

function bytesOfPart(
  { token, parts }: StoredUpload,
  { number, receipt }: Part,
  last: boolean,
  min: number,
): Uint8Array {
  const found = parts.get(number);
  if (found?.part.receipt !== receipt)
    throw new ObjectError(token.key, `has no part ${number} with receipt ${receipt}`, {
      ...context,
      retry: 'backoff', // another process has replaced it
    });
  if (!last && found.part.size < min)
    throw new ObjectError(token.key, `has part ${number} of less than ${min} bytes`, context);
  return found.bytes;
}

function checkAscending(token: UploadToken, parts: readonly Part[]): void {
  const ascending = parts.length > 0 && parts.every(({ number }, index) => number === index + 1);
  if (!ascending)
    throw new ObjectError(
      token.key,
      'was not put together: its parts are not numbered from 1 in ascending order',
      context,
    );
}
