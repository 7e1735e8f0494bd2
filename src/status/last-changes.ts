import type { Clock } from '../clock.js';
import type { SyncEvent } from '../sync/events.js';
import type { Change } from './schema-events.js';

type ChangeEvent = Extract<SyncEvent, { event: 'done' | 'failed' }>;

/** The last changes of each mirror. To note one costs two places in an array. */
export interface LastChanges {
  /** Returns the number of the change; see `changeOf`. */
  note(event: ChangeEvent): number;
  /** Newest first, of one mirror or of all; only those before the change of this id. */
  list(mirror: string | undefined, before: string | undefined, limit: number): readonly Change[];
}

/** Changes that are kept of a mirror. */
export const KEPT_CHANGES = 200;

interface Ring {
  readonly events: (ChangeEvent | undefined)[];
  readonly numbers: Float64Array;
  readonly times: Float64Array;
  next: number;
}

export function createLastChanges(boot: string, clock: Pick<Clock, 'now'>): LastChanges {
  const rings = new Map<string, Ring>();
  let number = 0;

  function ringOf(mirror: string): Ring {
    const known = rings.get(mirror);
    if (known !== undefined) return known;
    const ring: Ring = {
      events: Array(KEPT_CHANGES).fill(undefined),
      numbers: new Float64Array(KEPT_CHANGES),
      times: new Float64Array(KEPT_CHANGES),
      next: 0,
    };
    rings.set(mirror, ring);
    return ring;
  }

  return {
    note(event) {
      const ring = ringOf(event.mirror);
      const at = ring.next;
      number += 1;
      ring.events[at] = event;
      ring.numbers[at] = number;
      ring.times[at] = clock.now();
      ring.next = (at + 1) % KEPT_CHANGES;
      return number;
    },
    list(mirror, before, limit) {
      const until = before === undefined ? Number.POSITIVE_INFINITY : numberOf(before, boot);
      const wanted = mirror === undefined ? [...rings.values()] : (rings.get(mirror) ?? []);
      const found: { readonly number: number; readonly change: Change }[] = [];
      for (const { events, numbers, times } of [wanted].flat())
        for (const [at, event] of events.entries()) {
          const own = numbers[at] ?? 0;
          if (event === undefined || own >= until) continue;
          found.push({
            number: own,
            change: changeOf(event, idOfChange(boot, own), times[at] ?? 0),
          });
        }
      return found
        .sort((a, b) => b.number - a.number)
        .slice(0, limit)
        .map(({ change }) => change);
    },
  };
}

/** Of a change with this number. */
export function idOfChange(boot: string, number: number): string {
  return `${boot}-c${number}`;
}

function numberOf(id: string, boot: string): number {
  const number = id.startsWith(`${boot}-c`) ? Number(id.slice(boot.length + 2)) : Number.NaN;
  return Number.isSafeInteger(number) ? number : Number.POSITIVE_INFINITY; // of another start: all are newer
}

export function changeOf(event: ChangeEvent, id: string, atMs: number): Change {
  const { mirror, name, job } = event;
  const base = { id, atMs, job, mirror, name };
  return event.event === 'done'
    ? { ...base, outcome: 'done', bytes: event.bytes, seconds: event.seconds }
    : { ...base, outcome: 'failed', bytes: 0, seconds: 0, error: event.error };
}
