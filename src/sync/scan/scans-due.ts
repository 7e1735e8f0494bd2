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
  /**
   * Call what it returns when the scan has seen everything, or will not be made. `outrun`: a folder moved while it was
   * scanned, so that what was in it is only found where it is now: the scans that are due by then must be made as well.
   */
  begin(scan: DueScan): (outrun?: boolean) => void;
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

/** A scan that was outrun. It is replaced by the scans that are due when the watcher has heard of the move. */
interface OutrunScan {
  readonly sinceMs: number;
  readonly beganMs: number;
  /** When the watcher has heard of the move. */
  readonly untilMs: number;
}

/** A folder that moves again and again is not followed longer: deletes must not wait without end. Milliseconds. */
const FOLLOWED_MS = 30_000;

export function createScansDue(clock: Pick<Clock, 'sleep' | 'monotonic'>): ScansDue {
  const due = new Set<DueScan>();
  const outrun = new Set<OutrunScan>();
  const seen = createSeenTimes(null);
  const ended = createCondition();
  let watched: (() => Iterable<DueScan>) | undefined;

  const current = (): readonly DueScan[] => [...due, ...(watched?.() ?? [])];

  /** The latest first: one is open while a scan is due that may find what it missed, or a later one that was to is open. */
  function openOutrun(): readonly OutrunScan[] {
    if (outrun.size === 0) return [];
    const nowMs = clock.monotonic();
    const dueMs = Math.min(...current().map(({ sinceMs }) => sinceMs));
    const open: OutrunScan[] = [];
    for (const scan of [...outrun].reverse()) {
      const { untilMs } = scan;
      const isFollowed =
        nowMs < untilMs + FOLLOWED_MS &&
        open.some((later) => later.sinceMs <= untilMs && later.beganMs <= untilMs);
      if (nowMs < untilMs || dueMs <= untilMs || isFollowed) open.push(scan);
      else outrun.delete(scan);
    }
    return open;
  }

  function isDue(asOfMs: number, run?: number): boolean {
    for (const scan of current())
      if (scan.sinceMs <= asOfMs || (run !== undefined && scan.run === run)) return true;
    return openOutrun().some(({ sinceMs }) => sinceMs <= asOfMs);
  }

  function request(asOfMs: number): void {
    const missed = openOutrun().filter(({ sinceMs }) => sinceMs <= asOfMs);
    const latestMs = Math.max(asOfMs, ...missed.map(({ untilMs }) => untilMs));
    for (const scan of watched?.() ?? []) if (scan.sinceMs <= latestMs) scan.request?.();
  }

  return {
    begin(scan) {
      const own = { ...scan };
      const beganMs = clock.monotonic();
      due.add(own);
      return (isOutrun = false) => {
        due.delete(own);
        const untilMs = clock.monotonic() + POLL_MS;
        if (isOutrun) outrun.add({ sinceMs: own.sinceMs, beganMs, untilMs });
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
        if (watched === undefined && outrun.size === 0) await ended.wait(signal);
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
