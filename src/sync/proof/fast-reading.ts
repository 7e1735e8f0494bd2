import type { Clock } from '../../clock.js';
import { openGate } from '../../drivers/gate.js';
import { createRangeThreads } from '../ranges/range-threads.js';
import { createDigestThreads } from './digest-threads.js';
import type { FastReading } from './read-content.js';

/** `reads`: contents and ranges that are read at once. Threads start when they are needed. */
export function openFastReading(
  clock: Pick<Clock, 'after' | 'monotonic' | 'sleep'>,
  reads: number,
): FastReading & { close(): Promise<void> } {
  const digests = createDigestThreads();
  const ranges = createRangeThreads(clock);
  return {
    digests,
    ranges,
    reads: openGate(clock, reads),
    async close() {
      await digests.close();
      await ranges.close();
    },
  };
}
