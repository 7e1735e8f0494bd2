import type { Clock } from '../../clock.js';
import type { Subject } from '../http/refusal.js';

/** Which names this client has written a moment ago: each takes one write a second (https://cloud.google.com/storage/quotas#objects). */
export interface RecentWrites {
  note(written: Pick<Subject, 'container' | 'key'>): void;
  has(about: Pick<Subject, 'container' | 'key'>): boolean;
}

/** Twice the second, since the provider counts from when it has stored the object. */
const MOMENT_MS = 2_000;

export function recentWrites(clock: Pick<Clock, 'monotonic'>): RecentWrites {
  /** In the order of their times. */
  const writtenAt = new Map<string, number>();
  const nameOf = ({ container, key }: Pick<Subject, 'container' | 'key'>) => `${container}/${key}`;

  function forgetOld(now: number): void {
    for (const [name, at] of writtenAt) {
      if (now - at < MOMENT_MS) return;
      writtenAt.delete(name);
    }
  }

  return {
    note(written) {
      if (written.key === undefined) return;
      const now = clock.monotonic();
      forgetOld(now);
      const name = nameOf(written);
      writtenAt.delete(name);
      writtenAt.set(name, now);
    },
    has(about) {
      forgetOld(clock.monotonic());
      return writtenAt.has(nameOf(about));
    },
  };
}
