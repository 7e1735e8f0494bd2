import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';

/** How long files have not held still. Log files and databases are written to all day, and that is no news. */
export interface BusyFiles {
  /** The file changed during an attempt. Returns whether to report that: once, after it has lasted for longer than usual. */
  isNews(name: ObjectName): boolean;
  /** Whether it has changed during the last attempt. */
  has(name: ObjectName): boolean;
  /** The file was seen to. */
  over(name: ObjectName): void;
}

interface Busy {
  /** Milliseconds of the monotonic clock. */
  readonly sinceMs: number;
  readonly reported: boolean;
}

/** More files than this are begun to be counted again; that only delays their reports. */
const MOST = 10_000;

export function createBusyFiles(clock: Pick<Clock, 'monotonic'>, usualMs: number): BusyFiles {
  const busy = new Map<ObjectName, Busy>();
  return {
    isNews(name) {
      if (busy.size >= MOST) busy.clear();
      const { sinceMs, reported } = busy.get(name) ?? {
        sinceMs: clock.monotonic(),
        reported: false,
      };
      const isNews = !reported && clock.monotonic() - sinceMs > usualMs;
      busy.set(name, { sinceMs, reported: reported || isNews });
      return isNews;
    },
    has: (name) => busy.has(name),
    over(name) {
      busy.delete(name);
    },
  };
}
