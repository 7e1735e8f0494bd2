import type { Backend } from '../../drivers/backend.js';
import type { ObjectRef, PutOptions } from '../../drivers/call.js';
import { fileBody } from '../../drivers/file-body.js';
import { partSizeFor } from '../../drivers/part-size.js';
import { type SendSettings, type Sent, sendObject } from '../../drivers/send.js';
import type { ObjectName } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { Orphans } from '../uploads/orphans.js';
import type { UnfinishedUploads } from '../uploads/unfinished-uploads.js';
import { MD5_KEY } from './object-metadata.js';

export interface FilePuts {
  /** Sends exactly the version that `entry` describes, in parts when it is large: then it goes on where another attempt ended. */
  put(
    name: ObjectName,
    ref: ObjectRef,
    entry: LocalEntry,
    absolutePath: string,
    options: PutOptions,
    signal: AbortSignal,
  ): Promise<Sent>;
  /** Bytes per part of a file of this size that is begun now; undefined when it does not go in parts. */
  partSizeOf(size: number): number | undefined;
}

export interface FilePutsOptions {
  readonly backend: Backend;
  readonly follow: boolean;
  /** Larger files go in parts, where the provider can; bytes. */
  readonly partsAbove: number;
  /** Bytes per part, where the provider allows it; undefined: as few as it allows. */
  readonly partSize: number | undefined;
  readonly uploads: UnfinishedUploads;
  readonly orphans: Orphans;
}

export function filePuts({
  backend,
  follow,
  partsAbove,
  partSize,
  uploads,
  orphans,
}: FilePutsOptions): FilePuts {
  const { multipart, limits } = backend.capabilities;

  function partSizeOf(size: number): number | undefined {
    if (multipart === undefined || size <= Math.min(partsAbove, limits.maxPutSize))
      return undefined;
    const smallest = partSizeFor(size, multipart.partSize);
    return smallest && Math.min(Math.max(smallest, partSize ?? 0), multipart.partSize.max);
  }

  async function inParts(
    name: ObjectName,
    entry: LocalEntry,
    metaData: PutOptions['metaData'],
    signal: AbortSignal,
  ): Promise<Partial<SendSettings>> {
    const wanted = partSizeOf(entry.size);
    if (wanted === undefined) return {};
    const plan = await uploads.plan(name, entry, wanted, metaData[MD5_KEY]);
    await orphans.abort(signal, name);
    return { partsAbove, ...plan };
  }

  return {
    partSizeOf,
    async put(name, ref, entry, absolutePath, options, signal) {
      const body = await fileBody(absolutePath, {
        ref,
        driver: backend.name,
        expected: entry,
        follow,
      });
      return sendObject(backend, ref, body, options, {
        signal,
        verifyHash: true,
        ...(await inParts(name, entry, options.metaData, signal)),
      });
    },
  };
}
