import type { Call, ObjectInfo, ReadRef } from './call.js';
import type { Passage } from './passage.js';

/** Many small objects, each read with one request: nothing is awaited for a single one, and no promise is made for it. */
export interface QuickGet {
  /**
   * Reads each object once and whole, in their order and many at a time, as `passage` lets each begin. Resolves, when none is
   * under way any more, with one outcome for each object; undefined: it was not begun, because the signal was aborted, the
   * passage was closed, or another object met trouble that is not its own. Rejects when nothing was begun. Repeats nothing: what
   * failed may well be read by `readObject`. `answered` gets each content as it comes, with its place in `objects`, and all that
   * `headObject` would say of the object; to keep the bytes it has to copy them, as they may be a part of a larger piece of memory.
   */
  getEach(
    container: string,
    objects: readonly WantedObject[],
    answered: (row: number, info: ObjectInfo, content: Uint8Array) => void,
    passage: Passage,
    call: Call,
  ): Promise<readonly (GetOutcome | undefined)[]>;
}

export interface WantedObject extends Pick<ReadRef, 'key' | 'etag'> {
  /** Bytes; a content of another size, or another `etag`, is refused with ObjectChangedError. */
  readonly size: number;
}

export type GetOutcome = { readonly read: true } | { readonly error: Error };
