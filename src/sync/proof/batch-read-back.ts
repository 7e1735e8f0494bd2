import type { Clock } from '../../clock.js';
import type { Backend } from '../../drivers/backend.js';
import { eachInParallel } from '../../drivers/parallel.js';
import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import { openFastReading } from './fast-reading.js';
import { readBack } from './read-back.js';

/** What is recorded of an object that is to be read back: plain data. One of the two digests is there. */
export interface RecordedContent {
  readonly name: ObjectName;
  /** Bytes. */
  readonly size: number;
  /** Hex, of the whole; undefined of an upload in parts that has `parts`. */
  readonly md5: string | undefined;
  /** Hex MD5 of the MD5s of its parts, of `partSize` bytes each. */
  readonly parts: { readonly md5: string; readonly partSize: number } | undefined;
}

/**
 * Reads many objects back, as another process can do it that has their container and nothing else. It decides nothing: what it
 * does not prove is read once more by the process that has the records.
 */
export interface BatchReadBack {
  /**
   * For each object, whether all of its bytes were read and are what was recorded. False says nothing of it. Rejects with trouble
   * that every other object would meet too, and with the signal's reason.
   */
  readBack(objects: readonly RecordedContent[], signal: AbortSignal): Promise<readonly boolean[]>;
}

/** Read backs are carried out by other processes. */
export interface RemoteReadBack extends BatchReadBack {
  /** Whether a process is free for a batch now. To be asked right before `readBack`. */
  takes(): boolean;
}

/** Objects, and bytes of their contents, that a batch has at the most; a single one may be larger. */
export const READ_BACK_OBJECTS = 512;
export const READ_BACK_BYTES = 1024 * 1024 * 1024;

/** What the record says of the content; undefined: nothing that proves it. */
export function recordedContent(
  name: ObjectName,
  record: ObjectRecord,
): RecordedContent | undefined {
  const { state, size, md5, md5Parts, partSize } = record;
  if (state !== 'confirmed') return undefined;
  if (md5 !== '') return { name, size, md5, parts: undefined };
  if (md5Parts === undefined || partSize === undefined) return undefined;
  return { name, size, md5: undefined, parts: { md5: md5Parts, partSize } };
}

/** Objects that are read at the same time. Small ones would else wait for one answer after the other. */
const LANES = 8;

/** BatchReadBack in this process. `root`: where the objects are; `prefix` is empty, or ends in `/`. */
export function localReadBack(
  ctx: { readonly backend: Backend; readonly clock: Clock },
  { container, prefix }: { readonly container: string; readonly prefix: string },
): BatchReadBack {
  return {
    async readBack(objects, signal) {
      const proven = objects.map(() => false);
      const fast = openFastReading(ctx.clock, LANES);
      try {
        await eachInParallel(objects.entries(), LANES, signal, async ([row, object], until) => {
          const ref = { container, key: prefix + object.name };
          const { verdict } = await readBack({ ...ctx, fast }, ref, recordOf(object), until);
          proven[row] = verdict === 'proven';
        });
      } finally {
        await fast.close();
      }
      return proven;
    },
  };
}

/** A record that has the digests of the content, and nothing else. */
function recordOf({ size, md5 = '', parts }: RecordedContent): ObjectRecord {
  return {
    state: 'confirmed',
    kind: 'file',
    size,
    ...{ mtimeNs: 0n, ctimeNs: 0n, inode: 0n, mode: 0, uid: 0, gid: 0, hashedAtMs: 0 },
    md5,
    ...(parts === undefined ? {} : { md5Parts: parts.md5, partSize: parts.partSize }),
  };
}
