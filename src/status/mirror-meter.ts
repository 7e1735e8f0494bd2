import type { Clock } from '../clock.js';
import type { RemovedEvent } from '../telemetry/events.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { type LastMinute, openLastMinute } from './last-minute.js';

/** What a mirror does not remember of itself; derived from telemetry, from its opening on. */
export interface MirrorMeter {
  /** When the mirror came into its present state; milliseconds since the epoch. */
  stateSinceMs(mirror: string): number;
  /** Content that was stored in the last minute. */
  bytesPerSecond(mirror: string): number;
  /** Objects that were done in the last minute. */
  objectsPerSecond(mirror: string): number;
  close(): void;
}

const COUNTED = ['bytes', 'objects'] as const;
const SECONDS = 60;

interface Metered {
  readonly lastMinute: LastMinute<(typeof COUNTED)[number]>;
  state: string;
  sinceMs: number;
}

export function createMirrorMeter(
  telemetry: Telemetry,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): MirrorMeter {
  const startedAtMs = clock.now();
  const mirrors = new Map<string, Metered>();

  function metered(mirror: string): Metered {
    const known = mirrors.get(mirror);
    if (known !== undefined) return known;
    const fresh = { lastMinute: openLastMinute(COUNTED, clock), state: '', sinceMs: startedAtMs };
    mirrors.set(mirror, fresh);
    return fresh;
  }

  const close = telemetry.listen(['done', 'state-changed', 'removed'], (event) => {
    if (event.event === 'removed') return forget(event);
    const meter = metered(event.mirror);
    if (event.event === 'done') {
      meter.lastMinute.add('bytes', event.bytes);
      meter.lastMinute.add('objects', 1);
    } else if (meter.state !== event.state) {
      // Another reason for the same state is no other state.
      meter.state = event.state;
      meter.sinceMs = clock.now();
    }
  });

  function forget({ what, name }: RemovedEvent): void {
    if (what === 'mirror') mirrors.delete(name);
  }

  const perSecond = (mirror: string, what: (typeof COUNTED)[number]) =>
    metered(mirror).lastMinute.sums()[what] / SECONDS;

  return {
    stateSinceMs: (mirror) => metered(mirror).sinceMs,
    bytesPerSecond: (mirror) => perSecond(mirror, 'bytes'),
    objectsPerSecond: (mirror) => perSecond(mirror, 'objects'),
    close,
  };
}
