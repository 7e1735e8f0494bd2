import type { Call, ObjectRef } from '../call.js';
import { ContainerDoesNotExistError } from '../errors.js';
import { openTurns } from '../turns.js';
import type { Segments } from './segments.js';
import type { UploadMarks } from './upload-marks.js';

/** Keeps the segments of ours in step with the objects that are made of them. */
export interface LargeObjects {
  /**
   * Runs what replaces or deletes the object, and then removes the segments that it was made of before. When those
   * cannot be removed, or the process dies, a mark stays, by which `unfinished` finds them.
   */
  replacing<T>(ref: ObjectRef, call: Call, change: () => Promise<T>): Promise<T>;
  /** Removes an upload's segments and marks. Not the segments that the object is made of now. */
  discard(ref: ObjectRef, uploadId: string, call: Call): Promise<void>;
}

/** What operations on large objects work with. */
export interface LargeObjectParts {
  readonly segments: Segments;
  readonly marks: UploadMarks;
  readonly large: LargeObjects;
}

export function largeObjects(
  segments: Pick<Segments, 'mayExist' | 'madeOf' | 'remove'>,
  marks: Pick<UploadMarks, 'write' | 'remove'>,
): LargeObjects {
  // Who sees that an object is still made of an upload's segments takes the dead mark away, and by then it may be the mark of
  // somebody who is about to replace the object.
  const turns = openTurns();

  /** A dead mark takes the place of the open one first: parts that arrive from now on find no open one, and go. */
  async function discard(ref: ObjectRef, uploadId: string, call: Call): Promise<void> {
    const { container, key } = ref;
    call.signal.throwIfAborted();
    try {
      await marks.write('dead', container, uploadId, { key }, call);
    } catch (error) {
      if (error instanceof ContainerDoesNotExistError) return; // and so there is no segment
      throw error;
    }
    await marks.remove('open', container, uploadId, call);
    await sweep(ref, uploadId, call);
  }

  async function sweep(ref: ObjectRef, uploadId: string, call: Call): Promise<void> {
    // Of all replicas: an old one would not know yet that the object is made of these.
    const made = await segments.madeOf(ref, call, true);
    if (made === undefined || (made.isKnown && made.uploadId !== uploadId)) await segments.remove(ref.container, uploadId, call);
    await marks.remove('dead', ref.container, uploadId, call);
  }

  return {
    discard: (ref, uploadId, call) => turns.take(uploadId, call.signal, () => discard(ref, uploadId, call)),
    async replacing(ref, call, change) {
      call.signal.throwIfAborted();
      const made = (await segments.mayExist(ref.container, call)) ? await segments.madeOf(ref, call) : undefined;
      const before = made?.owned ? made.uploadId : undefined;
      if (before === undefined) return change();
      return turns.take(before, call.signal, async () => {
        await marks.write('dead', ref.container, before, { key: ref.key }, call);
        const result = await change();
        await sweep(ref, before, call).catch(() => undefined);
        return result;
      });
    },
  };
}
