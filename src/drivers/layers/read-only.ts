import type { Backend } from '../backend.js';
import type { Call, ObjectInfo, ObjectRef, PutOptions } from '../call.js';
import type { Copy } from '../capabilities.js';
import { checkSource } from '../copy-source.js';
import {
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  InvalidContainerNameError,
  InvalidObjectNameError,
  ObjectDoesNotExistError,
} from '../errors.js';
import type { Operation } from './operations.js';

/** A suppressed change. */
export interface Suppressed {
  readonly operation: Operation;
  readonly container: string;
  /** Undefined: the change is of the container itself. */
  readonly key: string | undefined;
  /** Bytes that would have been sent; undefined where none are, or their number is not known. */
  readonly bytes: number | undefined;
}

/**
 * A dry run: everything is read from the provider and nothing is changed there. A change resolves as if it had been
 * made, with what the caller itself said about it, so that its callers need no branch for it; bodies are not opened. What the
 * provider's rules for names refuse is refused here, too. What was
 * "stored" cannot be read back, but a container that was "created" is there, and empty.
 */
export function readOnly(inner: Backend, report: (suppressed: Suppressed) => void): Backend {
  const { copy, batchDelete, cdn, versions, limits, names } = inner.capabilities;
  const checkKey = (key: string): void => {
    const problem = names.keyProblem(key);
    if (problem !== undefined)
      throw new InvalidObjectNameError(key, problem, { driver: inner.name });
  };
  const created = new Set<string>();
  const suppress: Suppress = ({ signal }, operation, container, key, bytes) => {
    signal.throwIfAborted();
    report({ operation, container, key, bytes });
  };
  const missing = (key: string): ObjectDoesNotExistError =>
    new ObjectDoesNotExistError(key, { driver: inner.name });

  const reading: Pick<Backend, 'headContainer' | 'listObjects' | 'headObject' | 'readObject'> = {
    headContainer: async (name, call) =>
      created.has(name) ? { name, extra: {} } : inner.headContainer(name, call),
    listObjects: async (container, prefix, page, call) =>
      created.has(container)
        ? { items: [], next: undefined }
        : inner.listObjects(container, prefix, page, call),
    async headObject(ref, call) {
      if (created.has(ref.container)) throw missing(ref.key);
      return inner.headObject(ref, call);
    },
    async readObject(ref, range, call) {
      if (created.has(ref.container)) throw missing(ref.key);
      return inner.readObject(ref, range, call);
    },
  };

  return {
    ...inner,
    ...reading,
    async createContainer(name, call) {
      const problem = names.newContainerProblem(name);
      if (problem !== undefined)
        throw new InvalidContainerNameError(name, problem, { driver: inner.name });
      const exists = await reading.headContainer(name, call).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ContainerDoesNotExistError) return false;
          throw error;
        },
      );
      if (exists) throw new ContainerAlreadyExistsError(name, { driver: inner.name });
      suppress(call, 'createContainer', name);
      created.add(name);
      return { name, extra: {} };
    },
    async deleteContainer(name, call) {
      suppress(call, 'deleteContainer', name);
      created.delete(name);
    },
    async putObject(ref, body, options, call) {
      checkKey(ref.key);
      suppress(call, 'putObject', ref.container, ref.key, body.size);
      return asIfStored(ref, body.size ?? 0, options);
    },
    deleteObject: async ({ container, key }, call) =>
      suppress(call, 'deleteObject', container, key),
    capabilities: {
      ...inner.capabilities,
      copy: copy && {
        ...copy,
        ...suppressedCopies(inner.name, reading.headObject, checkKey, suppress),
      },
      // Each object is put on its own, as the content of a batch would have to be read.
      batchPut: undefined,
      quickPut: undefined,
      batchDelete: batchDelete && {
        ...batchDelete,
        async deleteObjects(container, keys, call) {
          for (const key of keys) suppress(call, 'deleteObjects', container, key);
          return new Map();
        },
      },
      // A multipart upload is suppressed as a whole: cutting it into parts would read it.
      multipart: undefined,
      limits: { ...limits, maxPutSize: limits.maxObjectSize },
      cdn: cdn && {
        ...cdn,
        enableContainer: async (name, call) => suppress(call, 'enableContainer', name),
        enableObject: async ({ container, key }, call) =>
          suppress(call, 'enableObject', container, key),
      },
      versions: versions && {
        ...versions,
        deleteVersion: async ({ container, key }, _, call) =>
          suppress(call, 'deleteVersion', container, key),
      },
    },
  };
}

/** Throws the signal's reason once it is aborted (G6). */
type Suppress = (
  call: Call,
  operation: Operation,
  container: string,
  key?: string,
  bytes?: number,
) => void;

function asIfStored(
  { container, key }: ObjectRef,
  size: number,
  { checksums, metaData, contentType }: PutOptions,
): ObjectInfo {
  return { container, key, size, checksums, metaData, extra: { contentType } };
}

function suppressedCopies(
  driver: string,
  headObject: Backend['headObject'],
  checkKey: (key: string) => void,
  suppress: Suppress,
): Pick<Copy, 'copyObject'> {
  return {
    async copyObject(from, to, replace, call) {
      checkKey(to.key);
      const source = await headObject(from, call);
      checkSource(source, from, driver);
      suppress(call, 'copyObject', to.container, to.key);
      const extra = replace ? { contentType: replace.contentType } : source.extra;
      return {
        ...to,
        size: source.size,
        checksums: source.checksums,
        metaData: replace?.metaData ?? source.metaData,
        extra,
      };
    },
  };
}
