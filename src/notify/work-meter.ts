import type { DaemonStatus } from '../status/snapshot.js';
import type { MirrorStatus } from '../sync/events.js';
import { SYNC_EVENTS } from '../telemetry/events.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { WorkProgress } from './stall.js';

/** Derives from telemetry whether the daemon's work moves. */
export interface WorkMeter {
  progress(status: DaemonStatus): WorkProgress;
  close(): void;
}

/** What one job may take before its silence counts as standing still: so long, and longer for bytes on a slow line. */
const JOB_SECONDS = 60;
const SLOWEST_BYTES_PER_SECOND = 16 * 1024;

/** Hints are the work of other programs. A target that waits for its own limits is not stalled. */
const STEPS = [...SYNC_EVENTS.filter((name) => name !== 'hint'), 'call', 'wait'] as const;

export function createWorkMeter(telemetry: Telemetry): WorkMeter {
  let steps = 0;
  const counted = new Map<string, string>();
  const close = telemetry.listen(STEPS, (event) => {
    if (event.event === 'progress') {
      // A timer sends this event too, so that only a changed number is a step.
      const progress = JSON.stringify(event.progress);
      if (counted.get(event.mirror) === progress) return;
      counted.set(event.mirror, progress);
    }
    steps += 1;
  });

  return {
    close,
    progress: ({ mirrors }) => ({ due: mirrors.some(isDue), steps }),
  };
}

/** Work that waits for a retry, for a target that is down or for a source that is gone is not due. */
function isDue({ state, scanning, queued, retrying, running }: MirrorStatus): boolean {
  if (state !== 'scanning' && state !== 'transferring' && state !== 'behind') return false;
  const inTime = running.some(
    ({ bytes, seconds }) => seconds < JOB_SECONDS + bytes / SLOWEST_BYTES_PER_SECOND,
  );
  const scans = state === 'scanning' || (state === 'behind' && scanning);
  return !inTime && (scans || running.length > 0 || queued > retrying);
}
