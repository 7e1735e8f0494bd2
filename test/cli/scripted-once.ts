import type { OnceOptions, RunOnce } from '../../src/daemon.js';
import type { SyncEvent } from '../../src/sync/events.js';

/** A program that reports these events and ends with these results. */
export function engine(results: Awaited<ReturnType<RunOnce>>, events: readonly SyncEvent[] = []) {
  const asked: OnceOptions[] = [];
  const runOnce: RunOnce = async (_, options, { telemetry }) => {
    asked.push(options);
    for (const event of events) telemetry.emit(event);
    return results;
  };
  return { runOnce, asked };
}

export const failed = (name: string, retryInMs: number | null): SyncEvent => ({
  mirror: 'documents',
  event: 'failed',
  job: 'upload_object',
  name,
  error: 'disk on fire',
  attempt: 3,
  retryInMs,
});
export const planned = (
  job: 'upload_object' | 'delete_object' | 'adopt',
  name: string,
): SyncEvent => ({
  mirror: 'documents',
  event: 'planned',
  job,
  name,
  why: 'new',
  bytes: 2048,
});
export const skipped = (
  path: string,
  reason: Extract<SyncEvent, { event: 'skipped' }>['reason'],
): SyncEvent => ({
  mirror: 'documents',
  event: 'skipped',
  path,
  reason,
  detail: 'because',
});
