import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import type { MirrorState, SyncEvent, SyncObserver } from '../sync/events.js';
import { STOPPED_STATES } from '../sync/mirror-states.js';
import { isAsMeant } from './exit.js';
import { toMilliseconds } from './run-tally.js';

/** Milliseconds between progress lines in the log of long runs. */
const PROGRESS_EVERY_MS = 60_000;

/** Returns an observer that logs events of sync: each transfer at level debug, and what an operator should see above it. */
export function logEvents(log: Logger, clock: Pick<Clock, 'monotonic'>): SyncObserver {
  const reportedAtMs = new Map<string, number>();
  const states = new Map<string, MirrorState>();

  function isDue(mirror: string): boolean {
    const now = clock.monotonic();
    const reportedAt = reportedAtMs.get(mirror);
    const due = reportedAt !== undefined && now - reportedAt >= PROGRESS_EVERY_MS;
    if (due || reportedAt === undefined) reportedAtMs.set(mirror, now);
    return due;
  }

  function levelOfState({
    mirror,
    state,
  }: Extract<SyncEvent, { event: 'state-changed' }>): 'error' | 'info' | 'debug' {
    const level = levelOf(states.get(mirror), state);
    if (level !== 'debug') states.set(mirror, state);
    return level;
  }

  return (event) => {
    switch (event.event) {
      case 'failed':
        return event.passing
          ? log.debug('object failed', fieldsOf(event))
          : log.warn('object failed', fieldsOf(event));
      case 'skipped':
        if (event.reason === 'pattern-malformed')
          return log.warn('malformed pattern', fieldsOf(event));
        return isAsMeant(event.reason)
          ? log.debug('object skipped', fieldsOf(event))
          : log.warn('object skipped', fieldsOf(event));
      case 'run-started':
        reportedAtMs.delete(event.mirror);
        return log.info('run started', fieldsOf(event));
      case 'run-finished': {
        const { mirror, run, complete, report } = event;
        const { startedAtMs: _, ...counts } = report;
        return log.info('run finished', {
          mirror,
          run,
          complete,
          ...counts,
          seconds: toMilliseconds(report.seconds),
        });
      }
      case 'trash-purged':
        return log.info('trash purged', fieldsOf(event));
      case 'state-changed':
        return log[levelOfState(event)]('state changed', fieldsOf(event));
      case 'guard':
        return event.holding
          ? log.warn('deletes and overwrites are held', {
              ...fieldsOf(event),
              look: `longshore held ${event.mirror}`,
            })
          : log.info('nothing is held', fieldsOf(event));
      case 'report-collected':
        return log.info('verify report collected', fieldsOf(event));
      case 'damage-found':
        return log.warn('object damaged', fieldsOf(event));
      case 'done':
        if (event.why === 'damaged' || event.why === 'missing')
          return log.info('object healed', fieldsOf(event));
        return log.debugEnabled ? log.debug(event.event, fieldsOf(event)) : undefined;
      case 'held':
      case 'planned':
        return log.debugEnabled ? log.debug(event.event, fieldsOf(event)) : undefined;
      case 'progress':
        return isDue(event.mirror)
          ? log.info('progress', { mirror: event.mirror, ...event.progress })
          : undefined;
      case 'hint':
      case 'mirror-health':
        return undefined;
    }
  };
}

/** All fields but the event's name and an empty reason. */
function fieldsOf(event: SyncEvent): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(event).filter(([key, value]) => key !== 'event' && value !== ''),
  );
}

const ALARMS: readonly MirrorState[] = ['behind', ...STOPPED_STATES];

/** States of ordinary work are logged at level debug. */
const WORK: readonly MirrorState[] = ['starting', 'scanning', 'transferring'];

/** `before`: the last state that was no work, or ended one that needs an operator. Each such state is one line, whatever its reasons. */
function levelOf(before: MirrorState | undefined, state: MirrorState): 'error' | 'info' | 'debug' {
  if (before === state) return 'debug';
  if (ALARMS.includes(state)) return 'error';
  return WORK.includes(state) && !(before !== undefined && ALARMS.includes(before))
    ? 'debug'
    : 'info';
}
