import type { Clock } from '../clock.js';
import type { Fields, Level } from './line.js';

/** Keeps a flood of equal lines out of the log: of each kind, so many in a time are written, and the others are counted. */
export interface Flood {
  /** Whether the line is to be written; one that is not is counted. */
  passes(level: Level, event: string, fields: Fields): boolean;
  /** Reports what is counted and not reported yet. */
  close(): void;
}

/** Lines of one kind that were not written, by level, text, mirror and target, whatever their other fields were. */
export interface SkippedLines {
  readonly level: Level;
  readonly event: string;
  readonly mirror: unknown;
  readonly target: unknown;
  readonly count: number;
}

export interface FloodOptions {
  /** Lines of one kind that are written within the window. */
  readonly most: number;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** Called at the end of a window in which lines were skipped. */
  readonly report: (skipped: SkippedLines) => void;
}

/** Milliseconds from the first line of a kind. */
export const FLOOD_WINDOW_MS = 60_000;
/** Kinds that are counted at once. The texts are fixed and mirrors are few, so that this is never reached by what is meant. */
export const MOST_KINDS = 1000;

interface Window {
  readonly endsAtMs: number;
  written: number;
  skipped: SkippedLines;
  /** Of the report, once a line is skipped. */
  cancel: () => void;
}

/** Lines of level debug all pass: who asks for them wants each. */
export function createFlood({ most, clock, report }: FloodOptions): Flood {
  /** Oldest first. */
  const windows = new Map<string, Window>();

  function close(key: string, window: Window): void {
    windows.delete(key);
    window.cancel();
    if (window.skipped.count > 0) report(window.skipped);
  }

  function closeOldest(): void {
    const [oldest] = windows;
    if (oldest !== undefined) close(...oldest);
  }

  function windowOf(level: Level, event: string, { mirror, target }: Fields): [string, Window] {
    const key = JSON.stringify([level, event, String(mirror), String(target)]);
    const open = windows.get(key);
    if (open !== undefined && clock.monotonic() < open.endsAtMs) return [key, open];
    if (open !== undefined) close(key, open);
    if (windows.size >= MOST_KINDS) closeOldest();
    const window: Window = {
      endsAtMs: clock.monotonic() + FLOOD_WINDOW_MS,
      written: 0,
      skipped: { level, event, mirror, target, count: 0 },
      cancel: () => {},
    };
    windows.set(key, window);
    return [key, window];
  }

  return {
    passes(level, event, fields) {
      if (level === 'debug') return true;
      const [key, window] = windowOf(level, event, fields);
      if (window.written < most) {
        window.written += 1;
        return true;
      }
      const { skipped } = window;
      if (skipped.count === 0)
        window.cancel = clock.after(window.endsAtMs - clock.monotonic(), () => close(key, window));
      window.skipped = { ...skipped, count: skipped.count + 1 };
      return false;
    },
    close() {
      for (const [key, window] of [...windows]) close(key, window);
    },
  };
}
