import type { Clock } from '../../clock.js';
import { createCondition } from '../../condition.js';
import type { RelativePath } from '../../watcher/entry.js';
import type { Moment } from '../moment.js';
import type { DueRun } from '../run.js';
import { createSeenTimes } from './seen-times.js';

/** A scan that may find files where nothing has been seen yet. */
export interface DueScan {
  /** It stands for what has happened since then; milliseconds on the monotonic clock. */
  readonly sinceMs: number;
  /** The run that makes it. */
  readonly run?: number;
  /** Has it made soon. For one that is only made on a timer; called again and again while something waits for it. */
  readonly request?: () => void;
}

/** Scans that are due or under way. */
export interface ScansDue {
  /** Call what it returns when the scan has seen everything, or will not be made. */
  begin(scan: DueScan): () => void;
  /** Whether one of them, or the scan of this run, may still find what was there at `asOfMs`, a moment on the monotonic clock. */
  isDue(asOfMs: number, run?: number): boolean;
  /** Has those made soon that may still find what was there at `asOfMs`. */
  request(asOfMs: number): void;
  /** A scan that began at this moment has walked through everything at and below `under`. */
  walked(under: RelativePath, began: Moment): void;
  /** When the last such scan of this path began, in milliseconds on the monotonic clock; -Infinity when there was none. */
  walkedAtMs(path: RelativePath): number;
  /** Resolves when none may; rejects with the signal's reason. Scans on a timer are made soon. */
  whenPast(asOfMs: number, signal: AbortSignal): Promise<void>;
  /** What a watcher has in hand is looked up whenever it is asked for. Returns what takes this back. */
  attend(watched: () => Iterable<DueScan>): () => void;
}

/** Between checks whether a watcher still has something in hand. */
export const POLL_MS = 100;

/** Stands for changes without events. */
export const UNHEARD: DueScan = { sinceMs: Number.NEGATIVE_INFINITY };

export function scanOf({ unseenSinceMs: sinceMs = Number.POSITIVE_INFINITY }: DueRun): DueScan {
  return { sinceMs };
}

export function createScansDue(clock: Pick<Clock, 'sleep'>): ScansDue {
  const due = new Set<DueScan>();
  const seen = createSeenTimes(null);
  const ended = createCondition();
  let watched: (() => Iterable<DueScan>) | undefined;

  function isDue(asOfMs: number, run?: number): boolean {
    for (const scan of [...due, ...(watched?.() ?? [])]) {
      if (scan.sinceMs <= asOfMs || (run !== undefined && scan.run === run)) return true;
    }
    return false;
  }

  function request(asOfMs: number): void {
    for (const scan of watched?.() ?? []) if (scan.sinceMs <= asOfMs) scan.request?.();
  }

  return {
    begin(scan) {
      const own = { ...scan };
      due.add(own);
      return () => {
        due.delete(own);
        ended.notifyAll();
      };
    },
    isDue,
    request,
    walked: seen.saw,
    walkedAtMs: (path) => seen.at(path)?.monotonicMs ?? Number.NEGATIVE_INFINITY,
    async whenPast(asOfMs, signal) {
      while (isDue(asOfMs)) {
        request(asOfMs);
        if (watched === undefined) await ended.wait(signal);
        else await clock.sleep(POLL_MS, signal);
      }
    },
    attend(by) {
      watched = by;
      return () => {
        if (watched === by) watched = undefined;
        ended.notifyAll();
      };
    },
  };
}
