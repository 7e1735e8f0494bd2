import { fateOf, isStopped } from '../state/process-identity.js';
import type { Holder, LeaseDocument } from './document.js';

/** Whether the lease in the container can be taken by the process that found it. */
export type Standing =
  /** There is no holder: there is no lease, it was released, or its holder is known to be dead. */
  | { readonly free: true; readonly byOther: boolean }
  /** Another process may hold it. It can be taken when it has not changed for `silenceMs`. */
  | { readonly free: false; readonly silenceMs: number; readonly relation: Relation };

/**
 * `restarted`: our own lease from before this machine was started; that of a copy of this machine is equal.
 * `copy`: the holder has our state, and is another process. `other`: the holder has another state.
 */
export type Relation = 'restarted' | 'copy' | 'other';

/** Shares of the lease period: the time between renewals, and the time for which the holder trusts the last one. */
export const RENEW_SHARE = 0.2;
export const TRUST_SHARE = 0.8;
/** One and a half times the time between renewals: a live holder would have renewed. */
const RESTARTED_SHARE = 0.3;
/** The longest wait, a day, for a lease whose period may be damaged. */
const LONGEST_MS = 86_400_000;

export interface Finder {
  readonly self: Holder;
  readonly periodMs: number;
  /** The holder was seen to renew, or took our lease: then only its silence counts. */
  readonly rivalLives: boolean;
  /** Only processes of this running system can reach the container, as on a disk of this machine. */
  readonly reachedOnlyHere: boolean;
}

/** Judges the lease that was found; `undefined` is an object that cannot be read as a lease. */
export async function judge(found: LeaseDocument | undefined, finder: Finder): Promise<Standing> {
  const { self, periodMs, rivalLives } = finder;
  if (found === undefined) return { free: false, silenceMs: periodMs, relation: 'other' };
  const { holder, released } = found;
  const ours = holder.instance === self.instance;
  if (released) return { free: true, byOther: !ours };
  const silenceMs = Math.max(periodMs, Math.min(found.periodMs, LONGEST_MS));
  if (found.renewsWhenUsed) {
    const fate = await fateOfIdleHolder(holder, finder);
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
 * The fate of a holder that renews only while it writes. Undefined: its silence proves that it is gone, as with any other
 * holder, since its process is stopped, or ran on another system than the one that has the disk now.
 */
async function fateOfIdleHolder(
  holder: Holder,
  { self, reachedOnlyHere, rivalLives }: Finder,
): Promise<'dead' | 'may live' | undefined> {
  if (holder.bootId === null || holder.bootId !== self.bootId) {
    const restarted =
      holder.instance === self.instance && self.machine !== null && holder.machine === self.machine;
    return reachedOnlyHere || restarted ? undefined : 'may live';
  }
  // Copies of a running machine share a boot id, but cannot reach a disk of this machine.
  if ((reachedOnlyHere || !rivalLives) && (await isDead(holder, self))) return 'dead';
  return (await fateOf(holder, self)) === 'alive' && (await isStopped(holder))
    ? undefined
    : 'may live';
}

/** Known only of a process on this running system, by its id or by the lock of its state folder. */
async function isDead(holder: Holder, self: Holder): Promise<boolean> {
  if (holder.bootId === null || holder.bootId !== self.bootId) return false;
  if (holder.stateIdentity === self.stateIdentity) return true; // this process has locked its state folder
  return (await fateOf(holder, self)) === 'dead';
}
