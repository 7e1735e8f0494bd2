import type { Backend } from '../../drivers/backend.js';
import type { ObjectRef, PutOptions } from '../../drivers/call.js';
import { fileBody } from '../../drivers/file-body.js';
import { partSizeFor } from '../../drivers/part-size.js';
import type { PartsThreads } from '../../drivers/parts-threads.js';
import { type SendSettings, type Sent, sendObject } from '../../drivers/send.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { PartsPlan } from '../uploads/unfinished-uploads.js';
import { MD5_KEY } from './object-metadata.js';

/**
 * Resolves with how a file goes in parts: in parts of `partSize` bytes, unless an upload that was begun continues with another
 * size. `md5`: as in the object's metadata; undefined where that has none. Called once for each request to send.
 */
export type PlanParts = (partSize: number, md5: string | undefined) => Promise<PartsPlan>;

export interface FilePuts {
  /**
   * Sends exactly the version that `entry` describes, in parts when it is large: as `planParts` says, or else from the
   * first part.
   */
  put(
    ref: ObjectRef,
    entry: LocalEntry,
    absolutePath: string,
    options: PutOptions,
    planParts: PlanParts | undefined,
    signal: AbortSignal,
  ): Promise<Sent>;
  /** Bytes per part of a file of this size that is begun now; undefined when it does not go in parts. */
  partSizeOf(size: number): number | undefined;
  readonly threads: PartsThreads;
}

export interface FilePutsOptions {
  readonly backend: Backend;
  readonly follow: boolean;
  /** Larger files go in parts, where the provider can; bytes. */
  readonly partsAbove: number;
  /** Bytes per part, where the provider allows it; undefined: as few as it allows. */
  readonly partSize: number | undefined;
  /** Whether the MD5 of the whole is wanted of files in parts, too. */
  readonly wholeMd5: boolean;
  /** Read files that go in parts. */
  readonly threads: PartsThreads;
}

export function filePuts(options: FilePutsOptions): FilePuts {
  const { backend, follow, partsAbove, partSize, wholeMd5, threads } = options;
  const { multipart, limits } = backend.capabilities;

  function partSizeOf(size: number): number | undefined {
    if (multipart === undefined || size <= Math.min(partsAbove, limits.maxPutSize))
      return undefined;
    const smallest = partSizeFor(size, multipart.partSize);
    return smallest && Math.min(Math.max(smallest, partSize ?? 0), multipart.partSize.max);
  }

  async function inParts(
    { size }: LocalEntry,
    { metaData }: PutOptions,
    planParts: PlanParts | undefined,
  ): Promise<Partial<SendSettings>> {
    const wanted = partSizeOf(size);
    if (wanted === undefined) return {};
    const plan = (await planParts?.(wanted, metaData[MD5_KEY])) ?? { partSize: wanted };
    return { partsAbove, ...plan };
  }

  return {
    partSizeOf,
    threads,
    async put(ref, entry, absolutePath, options, planParts, signal) {
      const body = await fileBody(absolutePath, {
        ref,
        driver: backend.name,
        expected: entry,
        follow,
        threads,
      });
      return sendObject(backend, ref, body, options, {
        signal,
        verifyHash: true,
        wholeMd5,
        ...(await inParts(entry, options, planParts)),
      });
    },
  };
}
