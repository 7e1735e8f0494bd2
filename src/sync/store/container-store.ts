import type { Backend } from '../../drivers/backend.js';
import { bytesBody } from '../../drivers/body.js';
import type { ObjectInfo, ObjectRef, PutOptions } from '../../drivers/call.js';
import type { ExpectedContent, Multipart } from '../../drivers/capabilities.js';
import { guessContentType } from '../../drivers/content-type.js';
import {
  ContainerDoesNotExistError,
  ObjectInTheWayError,
  StorageError,
  UnsupportedOperationError,
} from '../../drivers/errors.js';
import { fileBody } from '../../drivers/file-body.js';
import { findObject } from '../../drivers/find-object.js';
import {
  type HeaderAndClassRule,
  headersByPattern,
  storageClassByPattern,
} from '../../drivers/header-rules.js';
import { evenCut, md5IfMadeOf } from '../../drivers/made-of.js';
import { sendObject } from '../../drivers/send.js';
import type { LocalEntry } from '../../watcher/entry.js';
import { CLASSIFIED_BYTES } from '../content-class.js';
import type { Policy, RemoteFact } from '../decide.js';
import { classify } from '../failure.js';
import { md5Of } from './content-md5.js';
import { copySources } from './copy-sources.js';
import { batchingDelete } from './delete-batch.js';
import { metadataState, mtimeNsIn, objectMetadata } from './object-metadata.js';
import type { Confirmed, ObjectStore, PutWhere } from './object-store.js';
import type { FilePuts } from './put-file.js';

export interface ContainerStoreOptions {
  readonly backend: Backend;
  readonly container: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
  readonly policy: Policy;
  readonly headers: readonly HeaderAndClassRule[];
  readonly follow: boolean;
  readonly files: FilePuts;
}

/** A mirror's part of a container, behind any backend. */
export function containerStore({
  backend,
  container,
  prefix,
  policy,
  headers: rules,
  follow,
  files,
}: ContainerStoreOptions): ObjectStore {
  const { copy, multipart } = backend.capabilities;
  const deleteObject = batchingDelete(backend, container);
  const sources = copySources(copy);
  const refOf = (name: string): ObjectRef => ({ container, key: prefix + name });

  const find = (name: string, signal: AbortSignal) => findObject(backend, refOf(name), { signal });

  async function contentMd5(name: string, signal: AbortSignal): Promise<string> {
    return md5Of(await backend.readObject(refOf(name), undefined, { signal }));
  }

  /** Where a listing, or the object itself, tells the MD5 of the content, the metadata need not. */
  function reportsMd5({ size }: LocalEntry): boolean {
    return (
      policy.metadata.md5 === true &&
      (backend.hashType !== 'md5' || files.partSizeOf(size) !== undefined)
    );
  }

  function optionsFor(
    name: string,
    entry: LocalEntry,
    md5: string | undefined,
    where: PutWhere = 'anywhere',
  ): PutOptions {
    const conditional =
      where === 'absent' && backend.capabilities.preconditions.includes('ifAbsent');
    const headers = headersByPattern(rules, name);
    const storageClass = storageClassByPattern(rules, name);
    return {
      contentType: headers['content-type'] ?? guessContentType(name),
      metaData: objectMetadata(entry, policy, reportsMd5(entry) ? md5 : undefined),
      headers,
      ...(storageClass !== undefined && { storageClass }),
      checksums: md5 === undefined ? [] : [{ algorithm: 'md5', hex: md5 }],
      ...(conditional ? { precondition: { ifAbsent: true } } : {}),
    };
  }

  function cutsOf(
    multipart: Multipart,
    info: ObjectInfo,
    signal: AbortSignal,
  ): Promise<readonly number[] | undefined> {
    return multipart.cutsOf(info, { signal }).catch((error: unknown) => {
      // The content is read back then.
      if (isOfObject(error)) return undefined;
      throw error;
    });
  }

  /** Whether the provider refused this request alone: what else leads to the same may succeed. */
  function isOfObject(error: unknown): boolean {
    if (!(error instanceof StorageError) || error instanceof ObjectInTheWayError) return false;
    const { kind } = classify(error, container);
    return kind === 'object' || kind === 'unsuitable';
  }

  return {
    canCopy: copy !== undefined,
    reportsMd5,
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
      return info ? factSeen(info) : 'absent';
    },
    async beginning(name, signal) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await backend.readObject(
        refOf(name),
        { start: 0, end: CLASSIFIED_BYTES },
        { signal },
      ))
        chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    async inspect(name, entry, absolutePath, signal) {
      const info = await find(name, signal);
      if (!info) return { remote: 'absent' };
      const fact = { ...factSeen(info), inspected: true };
      if (fact.md5 !== undefined) return { remote: fact };
      if (multipart !== undefined && entry.kind === 'file' && entry.size === fact.size) {
        const openBody = () =>
          fileBody(absolutePath, {
            ref: refOf(name),
            driver: backend.name,
            expected: entry,
            follow,
          });
        const cuts = (await cutsOf(multipart, info, signal)) ?? files.partSizeOf(entry.size);
        const md5 =
          cuts === undefined
            ? undefined
            : await md5IfMadeOf(multipart, info, await openBody(), cuts, signal);
        const partSize = cuts === undefined ? undefined : evenCut(cuts);
        if (md5 !== undefined)
          return {
            remote: { ...fact, md5, ...(partSize !== undefined && { partSize }) },
            localMd5: md5,
          };
      }
      return { remote: { ...fact, md5: await contentMd5(name, signal) } };
    },
    async putBytes(name, entry, { bytes, md5 }, where, signal) {
      const options = optionsFor(name, entry, md5, where);
      const send = () =>
        sendWhere(options, (used) =>
          sendObject(backend, refOf(name), bytesBody(bytes), used, { signal, verifyHash: true }),
        );
      const sent = await sources.replace(name, signal, send);
      return confirmed(sent.info, md5, sent.partSize);
    },
    async putFile(name, entry, absolutePath, md5, where, signal) {
      const options = optionsFor(name, entry, md5, where);
      const put = () =>
        sendWhere(options, (used) =>
          files.put(name, refOf(name), entry, absolutePath, used, signal),
        );
      const { info, checksum, partSize } = await sources.replace(name, signal, put);
      // Only a dry run has none: it reads nothing, and its records are forgotten.
      return confirmed(info, checksum?.hex ?? '', partSize);
    },
    async copy(from, name, entry, expected, where, signal) {
      if (!copy) return undefined;
      const { md5 } = expected;
      const { checksums: _, precondition, ...described } = optionsFor(name, entry, md5, where);
      if (precondition && !copy.ifAbsent) return undefined;
      const replacement = { ...described, ...(precondition && { precondition }) };
      const source = { ...refOf(from), expected };
      const run = () => copy.copyObject(source, refOf(name), replacement, { signal });
      try {
        const info =
          from === name
            ? await run()
            : await sources.replace(name, signal, () => sources.copy(from, run));
        if (info === undefined) return undefined;
        const reportedMd5 =
          remoteFact(info).md5 ??
          (isSameVersion(info, expected) ? md5 : await contentMd5(name, signal));
        return reportedMd5 === md5 && info.size === entry.size
          ? confirmed(info, md5, undefined)
          : undefined;
      } catch (error) {
        if (isOfObject(error)) return undefined;
        throw error;
      }
    },
    async metadataOf(name, entry, md5, signal) {
      const info = await find(name, signal);
      return info === undefined
        ? 'current'
        : metadataState(info.metaData, entry, policy, reportsMd5(entry) ? md5 : undefined);
    },
    remove: (name, signal) => deleteObject(prefix + name, signal),
  };
}

/** Sends without the condition what a provider refuses although the condition holds. Nothing was there a moment ago. */
async function sendWhere<T>(
  options: PutOptions,
  send: (options: PutOptions) => Promise<T>,
): Promise<T> {
  try {
    return await send(options);
  } catch (error) {
    const { precondition, ...unconditional } = options;
    if (precondition === undefined || !(error instanceof UnsupportedOperationError)) throw error;
    return send(unconditional);
  }
}

/** The object has the ETag that it was known to have with this content: a change of metadata alone left it what it is. */
function isSameVersion({ extra }: ObjectInfo, { etag }: ExpectedContent): boolean {
  return etag !== undefined && extra['etag'] === etag;
}

/** What a look at the object itself says of it. */
function factSeen(info: ObjectInfo): RemoteFact {
  const mtimeNs = mtimeNsIn(info.metaData);
  return { ...remoteFact(info), ...(mtimeNs === undefined ? {} : { mtimeNs }) };
}

/** What an ObjectInfo says of the object's content. */
export function remoteFact({ size, checksums, extra }: ObjectInfo): RemoteFact {
  const md5 = checksums.find(({ algorithm }) => algorithm === 'md5')?.hex;
  const etag = extra['etag'];
  return {
    size,
    inspected: false,
    ...(md5 === undefined ? {} : { md5 }),
    ...(typeof etag === 'string' ? { etag } : {}),
  };
}

function confirmed({ extra }: ObjectInfo, md5: string, partSize: number | undefined): Confirmed {
  const { etag, versionId } = extra as { readonly etag?: unknown; readonly versionId?: unknown };
  return {
    md5,
    ...(typeof etag === 'string' ? { etag } : {}),
    ...(typeof versionId === 'string' ? { versionId } : {}),
    ...(partSize === undefined ? {} : { partSize }),
  };
}

/** Makes the container if it is not there. Resolves with whether it had to. */
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
