import { isLasting } from './lasting.js';
import { isForbidden } from './problem.js';

/** Why a folder is not watched, or could not be read. */
export interface Refusal {
  readonly reason: Error;
  /** Failures in a row that may be over soon; 0 when the reason lasts until a person changes something. */
  readonly failures: number;
}

/** The state of one folder of a watch tree. */
export interface FolderLife {
  /** It waits for its watch, or to be read again. */
  readonly queued: boolean;
  /** It was removed from the tree: work under way for it is dropped. */
  readonly gone: boolean;
  readonly refusal: Refusal | undefined;
}

export type FolderEvent =
  | { readonly type: 'wanted' | 'its turn' | 'removed' }
  /** It is watched and was read; `refusal`: the one that it had at its turn. */
  | { readonly type: 'placed'; readonly refusal: Refusal | undefined }
  | { readonly type: 'failed'; readonly reason: Error };

export interface FolderStep {
  readonly life: FolderLife;
  /** The folder goes into the queue. */
  readonly push?: true;
  /** The timer after which it is wanted again. */
  readonly timer?: 'start' | 'stop';
  /** All below it is scanned, as changes there may have had no event. */
  readonly rescan?: true;
}

/**
 * One folder of a watch tree: idle (watched, or about to be), queued, refused, or gone. Pure. A refused folder may be
 * queued as well, and is refused until it was placed.
 *
 * | state   | event                                   | next state and effect                      |
 * | ------- | --------------------------------------- | ------------------------------------------ |
 * | idle    | wanted: new, or to be read again        | queued: pushed                             |
 * | queued  | wanted                                  | queued: nothing                            |
 * | queued  | its turn                                | idle: watched if it is not, and read       |
 * | idle    | placed                                  | idle: nothing                              |
 * | idle    | failed, may be over soon                | refused: rescan, retried in 1 s            |
 * | idle    | failed, at a limit of watches           | refused: rescan, not retried by itself     |
 * | idle    | failed, reading is forbidden            | refused: not retried by itself             |
 * | refused | wanted: timer, retry of all, its rights | refused and queued: pushed                 |
 * | refused | its turn                                | refused: timer stopped, watched and read   |
 * | refused | placed                                  | idle: nothing                              |
 * | refused | placed, but it failed again meanwhile   | refused: nothing                           |
 * | refused | failed, may be over soon                | refused: retried in 2, 4 ... s             |
 * | refused | failed, at a limit of watches           | refused: timer stopped                     |
 * | any     | removed: its name is gone or is another | gone: timer stopped                        |
 * | gone    | anything                                | gone: nothing                              |
 */
export function folderStep(life: FolderLife, event: FolderEvent): FolderStep {
  if (life.gone) return { life };
  switch (event.type) {
    case 'wanted':
      return life.queued ? { life } : { life: { ...life, queued: true }, push: true };
    case 'its turn':
      return { life: { ...life, queued: false }, timer: 'stop' };
    case 'placed':
      return { life: life.refusal === event.refusal ? { ...life, refusal: undefined } : life };
    case 'failed':
      return failed(life, event.reason);
    case 'removed':
      return { life: { ...life, gone: true, refusal: undefined }, timer: 'stop' };
  }
}

function failed(life: FolderLife, reason: Error): FolderStep {
  const before = life.refusal;
  const failures = isLasting(reason) ? 0 : (before?.failures ?? 0) + 1;
  return {
    life: { ...life, refusal: { reason, failures } },
    timer: failures > 0 ? 'start' : 'stop',
    ...(before === undefined && !isForbidden(reason) && { rescan: true }),
  };
}
