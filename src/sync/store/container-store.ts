import type { Backend } from '../../drivers/backend.js';
import { bytesBody } from '../../drivers/body.js';
import type { ObjectRef } from '../../drivers/call.js';
import { ContainerDoesNotExistError } from '../../drivers/errors.js';
import { findObject } from '../../drivers/find-object.js';
import type { HeaderAndClassRule } from '../../drivers/header-rules.js';
import { sendObject } from '../../drivers/send.js';
import { CLASSIFIED_BYTES } from '../content-class.js';
import type { Policy } from '../decide.js';
import { recordedParts } from '../digests.js';
import { fitAttributes } from './attribute-metadata.js';
import { md5Of } from './content-md5.js';
import { type CopySources, copySources } from './copy-sources.js';
import { batchingDelete, deletingTogether } from './delete-batch.js';
import { inspectObject, isOfObject } from './inspect-object.js';
import { confirmedBy, factOfHead, isSameVersion, remoteFact } from './object-facts.js';
import { metadataState } from './object-metadata.js';
import type { ObjectStore } from './object-store.js';
import { batchPuts } from './put-batch.js';
import type { FilePuts } from './put-file.js';
import { createPutDescriptions, type PutDescriptions, sendWhere } from './put-options.js';

export interface ContainerStoreOptions {
  readonly backend: Backend;
  readonly container: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  readonly policy: Policy;
  readonly headers: readonly HeaderAndClassRule[];
  /** Whether files are read through symbolic links. */
  readonly follow: boolean;
  readonly files: FilePuts;
}

/** A mirror's part of a container, behind any backend. */
export function containerStore(options: ContainerStoreOptions): ObjectStore {
  const { backend, container, prefix, policy, files } = options;
  const deleteObject = batchingDelete(backend, container);
  const sources = copySources(backend.capabilities.copy);
  const descriptions = createPutDescriptions(options);
  const { optionsFor, reportsMd5 } = descriptions;
  const refOf = (name: string): ObjectRef => ({ container, key: prefix + name });
  const find = (name: string, signal: AbortSignal) => findObject(backend, refOf(name), { signal });

  const putBytes: ObjectStore['putBytes'] = async (name, entry, { bytes, md5 }, where, signal) => {
    const options = optionsFor(name, entry, md5, where);
    const send = () =>
      sendWhere(options, (used) =>
        sendObject(backend, refOf(name), bytesBody(bytes), used, { signal, verifyHash: true }),
      );
    const sent = await sources.replace(name, signal, send);
    return confirmedBy(sent.info, md5, sent.partSize);
  };

  return {
    canCopy: backend.capabilities.copy !== undefined,
    reportsMd5,
    fitAttributes: (attributes) => fitAttributes(attributes, backend.capabilities.limits.metadata),
    mayBeLarger(listed, entry) {
      if (backend.capabilities.listingHas.largeSizes !== false) return false;
      return (
        typeof listed === 'object' &&
        !listed.inspected &&
        listed.size === 0 &&
        (entry?.size ?? 0) > 0
      );
    },
    async head(name, signal) {
      const info = await find(name, signal);
      return info ? factOfHead(info) : 'absent';
    },
    async beginning(name, signal) {
      const range = { start: 0, end: CLASSIFIED_BYTES };
      const chunks: Uint8Array[] = [];
      for await (const chunk of await backend.readObject(refOf(name), range, { signal }))
        chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    inspect: (name, entry, absolutePath, signal) =>
      inspectObject(refOf(name), entry, absolutePath, options, signal),
    putBytes,
    freesContent: backend.capabilities.batchPut !== undefined,
    putAll: batchPuts({ backend, container, prefix, descriptions, putBytes, sources }),
    async putFile(name, entry, absolutePath, { md5, where, planParts }, signal) {
      const options = optionsFor(name, entry, md5, where);
      const put = () =>
        sendWhere(options, (used) =>
          files.put(refOf(name), entry, absolutePath, used, planParts, signal),
        );
      const { info, checksum, partSize, md5Parts } = await sources.replace(name, signal, put);
      // Only a dry run has no digest at all: it reads nothing, and its records are discarded.
      return { ...confirmedBy(info, checksum?.hex ?? '', partSize), ...recordedParts(md5Parts) };
    },
    copy: copier(options, sources, descriptions),
    async metadataOf(name, entry, md5, signal) {
      const info = await find(name, signal);
      return info === undefined
        ? 'current'
        : metadataState(info.metaData, entry, policy, reportsMd5(entry) ? md5 : undefined);
    },
    remove: (name, signal) => deleteObject(prefix + name, signal),
    removeAll: deletingTogether(backend, container, prefix),
  };
}

function copier(
  { backend, container, prefix }: ContainerStoreOptions,
  sources: CopySources,
  { optionsFor }: PutDescriptions,
): ObjectStore['copy'] {
  const { copy } = backend.capabilities;
  const refOf = (name: string): ObjectRef => ({ container, key: prefix + name });
  return async (from, name, entry, expected, where, signal) => {
    if (!copy) return undefined;
    const { md5 } = expected;
    const { checksums: _, precondition, ...described } = optionsFor(name, entry, md5, where);
    if (precondition && !copy.ifAbsent) return undefined;
    const replacement = { ...described, ...(precondition && { precondition }) };
    const source = { expected, ...refOf(from) };
    const run = () => copy.copyObject(source, refOf(name), replacement, { signal });
    try {
      const info =
        from === name
          ? await run()
          : await sources.replace(name, signal, () => sources.copy(from, run));
      if (info === undefined) return undefined;
      const reportedMd5 =
        remoteFact(info).md5 ??
        (isSameVersion(info, expected)
          ? md5
          : await md5Of(await backend.readObject(refOf(name), undefined, { signal })));
      return reportedMd5 === md5 && info.size === entry.size
        ? confirmedBy(info, md5, undefined)
        : undefined;
    } catch (error) {
      if (isOfObject(error, container)) return undefined;
      throw error;
    }
  };
}

/** Creates the container if there is none. Resolves with whether it did. */
export async function ensureContainer(
  backend: Backend,
  container: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await backend.headContainer(container, { signal });
    return false;
  } catch (error) {
    if (!(error instanceof ContainerDoesNotExistError)) throw error;
  }
  await backend.createContainer(container, { signal });
  return true;
}
