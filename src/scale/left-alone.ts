import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import type { Refusal } from './dispatcher.js';

/** Lets a worker leave a mirror alone for a while after it gave a job of it back. */
export interface LeftAlone {
  /**
   * Logs the refusal. Returns whether the mirror is left alone from now on, and was not before. `isOver` is asked now and then
   * whether the reason is gone; undefined: only time ends it.
   */
  begin(refusal: Refusal, why: string, isOver: (() => Promise<boolean>) | undefined): boolean;
}

export interface LeftAloneOptions {
  readonly mirror: string;
  /** Why the worker leaves mirrors alone, by their names. */
  readonly refusals: Map<string, string>;
  /** Whether it takes jobs of the mirror. */
  readonly setPaused: (isPaused: boolean) => void;
  /** It takes jobs again. */
  readonly ended: () => void;
  /** Aborted: the worker takes no more jobs. */
  readonly drain: AbortSignal;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

/** Milliseconds. */
const LEFT_ALONE_MS: Readonly<Record<Refusal, number>> = {
  settings: 300_000,
  source: 300_000,
  failed: 30_000,
  lease: 10_000,
  fenced: 0,
  damaged: 0,
};
/** Until the reason is asked about for the first time; then twice as long each time. */
const FIRST_LOOK_MS = 1_000;

export function createLeftAlone(options: LeftAloneOptions): LeftAlone {
  const { mirror, refusals, setPaused, ended, drain, clock, log } = options;

  function end(): void {
    refusals.delete(mirror);
    if (drain.aborted) return;
    setPaused(false);
    ended();
  }

  return {
    begin(refusal, why, isOver) {
      const ms = LEFT_ALONE_MS[refusal];
      log.warn('job returned', { mirror, refusal, why, leftAloneSeconds: ms / 1_000 });
      if (ms === 0 || refusals.has(mirror) || drain.aborted) return false;
      refusals.set(mirror, why);
      setPaused(true);
      const forget = isOver === undefined ? () => {} : askUntilOver(clock, isOver, endSooner);
      const cancel = clock.after(ms, () => {
        forget();
        end();
      });
      function endSooner(): void {
        cancel();
        log.info('mirror taken up again', { mirror });
        end();
      }
      return true;
    },
  };
}

/** Calls `over` when `isOver` is true. Returns what ends the questions. */
function askUntilOver(
  clock: Pick<Clock, 'after'>,
  isOver: () => Promise<boolean>,
  over: () => void,
): () => void {
  let isForgotten = false;
  let cancel = askIn(FIRST_LOOK_MS);

  function askIn(ms: number): () => void {
    return clock.after(ms, () => void ask(ms));
  }

  async function ask(waitedMs: number): Promise<void> {
    const isNow = await isOver().catch(() => false); // it is not known
    if (isForgotten) return;
    if (isNow) over();
    else cancel = askIn(2 * waitedMs);
  }

  return () => {
    isForgotten = true;
    cancel();
  };
}
