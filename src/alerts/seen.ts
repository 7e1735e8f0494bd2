import type { Alarm } from '../config/notify.js';
import type { MirrorState, MirrorStatus } from '../sync/events.js';

/** How a mirror is seen at one moment. */
export interface Seen {
  /** `busy`: it works, and what was wrong may be over or not. */
  readonly kind: 'wrong' | 'well' | 'busy';
  /** Of `wrong`: what is; else the mirror's state. */
  readonly condition: string;
  readonly why: string;
  readonly lagSeconds: number | null;
}

/** What of a mirror's status says whether it is well. */
export type SeenStatus = Pick<
  MirrorStatus,
  'mirror' | 'state' | 'why' | 'lagSeconds' | 'maxLagSeconds' | 'heldSinceMs' | 'heldWhy'
> & {
  readonly failing: number;
  readonly damaged: number;
};

/** States that say neither that something is wrong nor that it is over. */
const AT_WORK: readonly MirrorState[] = ['starting', 'scanning', 'transferring', 'paused'];

export function seenStatusOf(status: MirrorStatus): SeenStatus {
  return {
    ...status,
    failing: status.quarantined.length,
    damaged: status.verify?.damagedObjects ?? 0,
  };
}

/**
 * Pure: how a channel that is interested in these alarms sees a mirror. A mirror at work hides what is held, failing and damaged
 * behind its state; they are wrong all the same.
 */
export function seeMirror(status: SeenStatus, alarms: readonly Alarm[]): Seen {
  const { state, lagSeconds, maxLagSeconds } = status;
  const wrong = wrongOf(status).find(({ condition }) =>
    (alarms as readonly string[]).includes(condition),
  );
  if (wrong !== undefined) return { kind: 'wrong', ...wrong, lagSeconds };
  const isWithinLag =
    state !== 'paused' &&
    maxLagSeconds !== null &&
    lagSeconds !== null &&
    lagSeconds <= maxLagSeconds;
  const kind = AT_WORK.includes(state) && !isWithinLag ? 'busy' : 'well';
  return { kind, condition: state, why: status.why, lagSeconds };
}

interface Wrong {
  readonly condition: string;
  readonly why: string;
}

/** What is wrong, the worst first. */
function wrongOf({ state, why, heldSinceMs, heldWhy, failing, damaged }: SeenStatus): Wrong[] {
  const found: Wrong[] = [];
  if (!AT_WORK.includes(state) && state !== 'in-sync') found.push({ condition: state, why });
  if (damaged > 0)
    found.push({ condition: 'damaged', why: `${damaged} objects are not what was sent` });
  if (heldSinceMs !== null) found.push({ condition: 'held', why: heldWhy });
  if (failing > 0)
    found.push({ condition: 'failing', why: `${failing} objects failed repeatedly` });
  return found;
}
