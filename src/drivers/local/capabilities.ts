import { pathToFileURL } from 'node:url';
import { checkBatch } from '../batch.js';
import type { ObjectRef } from '../call.js';
import type { BatchDelete, BatchPut, Cdn, Copy, PutOutcome } from '../capabilities.js';
import { toObjectInfo } from './infos.js';
import { readObject } from './object.js';
import { batchOrder, describe, existable } from './orders.js';
import { toStorageError } from './storage-error.js';
import type { FileThread } from './thread.js';

export function localCopy(
  thread: FileThread,
  checkKey: (key: string) => void,
  checkExistable: (ref: ObjectRef) => void,
): Copy {
  return {
    bindsSource: true,
    ifAbsent: true,
    async copyObject(from, to, replace, { signal }) {
      signal.throwIfAborted();
      checkExistable(from);
      checkKey(to.key);
      const order = {
        from: { container: existable(from.container), key: from.key },
        expected: from.expected,
        to: { container: existable(to.container), key: to.key },
      };
      const described = replace && { ...describe(replace), precondition: replace.precondition };
      return toObjectInfo(
        to.container,
        readObject(await thread.ask('copyObject', { ...order, replace: described }, signal)),
      );
    },
  };
}

const BATCH = { maxObjects: 1000, maxBytes: 16 * 1024 * 1024 };

export function localBatchPut(thread: FileThread, checkKey: (key: string) => void): BatchPut {
  return {
    ...BATCH,
    async putObjects(container, objects, content, { signal }) {
      signal.throwIfAborted();
      checkBatch(BATCH, objects, content, 'local');
      const { order, refused } = batchOrder(existable(container), objects, content, checkKey);
      const failed = new Map(await thread.ask('putObjects', order, signal));
      return objects.map(({ key, md5 }, at): PutOutcome => {
        const refusal = refused.get(at);
        if (refusal !== undefined) return { error: refusal };
        const failure = failed.get(at);
        if (failure !== undefined) return { error: toStorageError(failure, key) };
        return { stored: { md5, etag: md5 } }; // the worker has compared it with that of the bytes it was given
      });
    },
  };
}

export function localBatchDelete(thread: FileThread, isKey: (key: string) => boolean): BatchDelete {
  return {
    maxKeys: 1000,
    async deleteObjects(container, keys, { signal }) {
      const failed = await thread.ask(
        'deleteObjects',
        { container: existable(container), keys: keys.filter(isKey) },
        signal,
      );
      return new Map(failed.map(([key, failure]) => [key, toStorageError(failure, key)]));
    },
  };
}

/** Files need no publishing: what exists has a URL that a browser on this machine opens. */
export function fileUrls(
  thread: FileThread,
  root: string,
  checkExistable: (ref: ObjectRef) => void,
): Cdn {
  const findContainer = async (name: string, signal: AbortSignal): Promise<void> => {
    await thread.ask('headContainer', { container: existable(name) }, signal);
  };
  const findObject = async (ref: ObjectRef, signal: AbortSignal): Promise<void> => {
    checkExistable(ref);
    await thread.ask('headObject', { container: existable(ref.container), key: ref.key }, signal);
  };
  return {
    enableContainer: (name, { signal }) => findContainer(name, signal),
    enableObject: (ref, { signal }) => findObject(ref, signal),
    async containerUrl(name, { signal }) {
      await findContainer(name, signal);
      return pathToFileURL(`${root}/${name}`).href;
    },
    async objectUrl(ref, { signal }) {
      await findObject(ref, signal);
      return pathToFileURL(`${root}/${ref.container}/${ref.key}`).href;
    },
  };
}
