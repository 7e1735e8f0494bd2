import { fateOf, isStopped } from '../state/process-identity.js';
import type { Holder, LeaseDocument } from './document.js';

/** What a lease that is found in the container is to who finds it. */
export type Standing =
  /** Nobody holds the place: there is no lease, it was released, or its holder is known to be dead. */
  | { readonly free: true; readonly byOther: boolean }
  /** Somebody may hold it. It may be taken once it has not changed for so long. */
  | { readonly free: false; readonly silenceMs: number; readonly relation: Relation };

/**
 * `restarted`: of our own, from before this machine was started; a copy of this machine would look the same.
 * `copy`: it has our own state, and is not us. `other`: somebody else.
 */
export type Relation = 'restarted' | 'copy' | 'other';

/** Shares of a lease's period: the holder gives a sign of life this often, and trusts its last one for so long. */
export const RENEW_SHARE = 0.2;
export const TRUST_SHARE = 0.8;
/** Long enough that a live holder would have given a sign of life, and half as long again. */
const RESTARTED_SHARE = 0.3;
/** A period that a damaged lease asks for is not waited for longer than a day. */
const LONGEST_MS = 86_400_000;

export interface Finder {
  readonly self: Holder;
  readonly periodMs: number;
  /** Somebody has shown to be alive with this lease, or took ours: only silence counts then. */
  readonly rivalLives: boolean;
  /** Only processes of this running system can reach the place, as on a disk of this machine. */
  readonly reachedOnlyHere: boolean;
}

/** `undefined`: what is there is no lease that we can read. */
export async function judge(found: LeaseDocument | undefined, finder: Finder): Promise<Standing> {
  const { self, periodMs, rivalLives } = finder;
  if (found === undefined) return { free: false, silenceMs: periodMs, relation: 'other' };
  const { holder, released } = found;
  const ours = holder.instance === self.instance;
  if (released) return { free: true, byOther: !ours };
  const silenceMs = Math.max(periodMs, Math.min(found.periodMs, LONGEST_MS));
  if (found.renewsWhenUsed) {
    const fate = await fateWithoutSigns(holder, finder);
    if (fate === 'dead') return { free: true, byOther: !ours };
    if (fate === 'may live')
      return {
        free: false,
        silenceMs: Number.POSITIVE_INFINITY,
        relation: ours ? 'copy' : 'other',
      };
  }
  if (rivalLives) return { free: false, silenceMs, relation: ours ? 'copy' : 'other' };
  if (await isDead(holder, self)) return { free: true, byOther: !ours };
  if (
    ours &&
    self.machine !== null &&
    holder.machine === self.machine &&
    holder.bootId !== self.bootId
  ) {
    return { free: false, silenceMs: silenceMs * RESTARTED_SHARE, relation: 'restarted' };
  }
  return { free: false, silenceMs, relation: ours ? 'copy' : 'other' };
}

/**
 * What is known of a holder on a disk of its own machine, which is silent while it writes nothing. Undefined: as of any other
 * holder, its silence says that it is gone: its process is stopped, or it runs, or ran, on another system than the disk is at now.
 */
async function fateWithoutSigns(
  holder: Holder,
  { self, reachedOnlyHere, rivalLives }: Finder,
): Promise<'dead' | 'may live' | undefined> {
  if (holder.bootId === null || holder.bootId !== self.bootId) {
    const restarted =
      holder.instance === self.instance && self.machine !== null && holder.machine === self.machine;
    return reachedOnlyHere || restarted ? undefined : 'may live';
  }
  // Copies of a running machine have one boot id; a disk that only this machine reaches is not theirs.
  if ((reachedOnlyHere || !rivalLives) && (await isDead(holder, self))) return 'dead';
  return (await fateOf(holder, self)) === 'alive' && (await isStopped(holder))
    ? undefined
    : 'may live';
}

/** Only on one and the same running system can it be known of a process, or of the lock of a state folder. */
async function isDead(holder: Holder, self: Holder): Promise<boolean> {
  if (holder.bootId === null || holder.bootId !== self.bootId) return false;
  if (holder.stateIdentity === self.stateIdentity) return true; // we have the lock of its state folder
  return (await fateOf(holder, self)) === 'dead';
}
