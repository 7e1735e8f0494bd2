import type { Call, ObjectRef } from '../call.js';
import { ContainerDoesNotExistError, TargetFullError } from '../errors.js';
import type { Notice } from '../notice.js';
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
  /**
   * The same for a delete, which proceeds where the container has no room for a mark, since it makes room. When the
   * process dies at that moment, nothing finds the segments.
   */
  deleting<T>(ref: ObjectRef, call: Call, change: () => Promise<T>): Promise<T>;
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
  notice: Notice = () => {},
): LargeObjects {
  // A request that sees that an object is still made of an upload's segments removes the dead mark, which may by then be
  // the mark of another request that is about to replace the object. So the requests of one upload take turns.
  const turns = openTurns();
  const { markDead, discard, sweep } = segmentRemoval(segments, marks);

  function warnOfForeign({ container, key }: ObjectRef, segment: string): void {
    notice(
      'the segments of an object of another tool stay, though the object is replaced or deleted',
      {
        container,
        object: key,
        segments: segment,
        advice: 'delete them by hand when no other object needs them',
      },
    );
  }

  async function replacing<T>(
    ref: ObjectRef,
    call: Call,
    mark: (before: string) => Promise<void>,
    change: () => Promise<T>,
  ): Promise<T> {
    call.signal.throwIfAborted();
    const made = (await segments.mayExist(ref.container, call))
      ? await segments.madeOf(ref, call)
      : undefined;
    const before = made?.owned ? made.uploadId : undefined;
    if (before === undefined) {
      const result = await change();
      if (made?.foreign !== undefined) warnOfForeign(ref, made.foreign);
      return result;
    }
    return turns.take(before, call.signal, async () => {
      await mark(before);
      const result = await change();
      await sweep(ref, before, call).catch(() => undefined);
      return result;
    });
  }

  return {
    discard: (ref, uploadId, call) =>
      turns.take(uploadId, call.signal, () => discard(ref, uploadId, call)),
    replacing: (ref, call, change) =>
      replacing(
        ref,
        call,
        (before) => marks.write('dead', ref.container, before, { key: ref.key }, call),
        change,
      ),
    deleting(ref, call, change) {
      let isMarked = true;
      let upload = '';
      const mark = async (before: string) => {
        upload = before;
        isMarked = (await markDead(ref, before, call)) === 'marked';
      };
      return replacing(ref, call, mark, async () => {
        const result = await change();
        // There may be room now.
        if (!isMarked) await markDead(ref, upload, call).catch(() => undefined);
        return result;
      });
    },
  };
}

/** Removes the segments of one upload, with marks by which `unfinished` finds what a crash leaves behind. */
function segmentRemoval(
  segments: Pick<Segments, 'madeOf' | 'remove'>,
  marks: Pick<UploadMarks, 'write' | 'remove'>,
) {
  /** `no container`: so there is no segment either. */
  async function markDead(
    { container, key }: ObjectRef,
    uploadId: string,
    call: Call,
  ): Promise<'marked' | 'no room' | 'no container'> {
    try {
      await marks.write('dead', container, uploadId, { key }, call);
      return 'marked';
    } catch (error) {
      if (error instanceof ContainerDoesNotExistError) return 'no container';
      if (error instanceof TargetFullError) return 'no room';
      throw error;
    }
  }

  /**
   * A dead mark replaces the open one first: parts that arrive from now on find no open mark and are deleted. Where there
   * is no room for a dead mark, the open one stays until the segments are removed.
   */
  async function discard(ref: ObjectRef, uploadId: string, call: Call): Promise<void> {
    call.signal.throwIfAborted();
    const marked = await markDead(ref, uploadId, call);
    if (marked === 'no container') return;
    if (marked === 'no room') await sweepSegments(ref, uploadId, call);
    await marks.remove('open', ref.container, uploadId, call);
    await sweep(ref, uploadId, call);
  }

  async function sweepSegments(ref: ObjectRef, uploadId: string, call: Call): Promise<void> {
    // All replicas are asked: an old one would not know yet that the object is made of these segments.
    const made = await segments.madeOf(ref, call, true);
    if (made === undefined || (made.isKnown && !made.uploadIds.includes(uploadId)))
      await segments.remove(ref.container, uploadId, call);
  }

  async function sweep(ref: ObjectRef, uploadId: string, call: Call): Promise<void> {
    await sweepSegments(ref, uploadId, call);
    await marks.remove('dead', ref.container, uploadId, call);
  }

  return { markDead, discard, sweep };
}
