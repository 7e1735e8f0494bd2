import type { TargetStatus } from '../status/target-meter.js';
import type { TargetCounts } from './counts.js';
import type { FamilyCollector } from './families.js';

/** Adds how many requests to a target may be under way. */
export function addTargetStatus(
  { add }: Pick<FamilyCollector, 'add'>,
  { target, atOnce }: TargetStatus,
): void {
  add('longshore_request_slots', [target], atOnce.now);
  add('longshore_request_slots_limit', [target], atOnce.most);
}

/** Adds what was counted of the requests to a target. */
export function addTargetCounts(
  { add, addDistribution }: FamilyCollector,
  target: string,
  counts: TargetCounts,
): void {
  for (const [kind, seconds] of counts.requests)
    addDistribution('longshore_request_duration_seconds', [target, kind], seconds);
  for (const [kind, errors] of counts.failures)
    for (const [error, amount] of errors)
      add('longshore_request_failures_total', [target, kind, error], amount);
  add('longshore_request_bytes_total', [target, 'sent'], counts.sentBytes);
  add('longshore_request_bytes_total', [target, 'received'], counts.receivedBytes);
  add('longshore_conflicts_total', [target], conflictsIn(counts.failures));
  add('longshore_throttles_total', [target], counts.throttles);
  add('longshore_limit_waits_total', [target], counts.waits);
  add('longshore_limit_wait_seconds_total', [target], counts.waitMs / 1000);
}

/** A copy whose source is another one fails with the same class, and is none. */
function conflictsIn(failures: TargetCounts['failures']): number {
  let conflicts = 0;
  for (const [kind, errors] of failures)
    if (kind === 'put' || kind === 'part') conflicts += errors.get(CONFLICT) ?? 0;
  return conflicts;
}

/** The class of a request whose precondition does not hold. */
const CONFLICT = 'PreconditionFailedError';
