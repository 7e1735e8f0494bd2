import { PreconditionFailedError, TargetFullError } from '../drivers/errors.js';
import { newDocument } from './document.js';
import { isRefusedCondition } from './errors.js';
import { type Held, withTimes, write } from './held.js';
import type { FoundLease } from './lease-object.js';
import type { LeaseOptions } from './lease-options.js';

/** The writes by which a place becomes ours. */
export interface Taking {
  /** `whenUsed`: it will be renewed only while something is written. `takeOver`: whoever has it. Rejects with `heldByOther` when another was faster. */
  take(
    found: FoundLease | undefined,
    how: { readonly whenUsed: boolean; readonly takeOver: boolean },
    signal: AbortSignal,
  ): Promise<Held>;
  /** What lies there now, which is ours if nobody was faster. */
  confirmed(signal: AbortSignal): Promise<Held>;
  /** What we last wrote to take the place, if that is what was found. */
  ownAmong(found: FoundLease | undefined): Held | undefined;
  /** The lease was taken by a write that no provider could refuse. */
  readonly overwritten: boolean;
  /** It is ours from now on. */
  taken(): void;
}

export function createTaking(
  {
    object,
    mirror,
    self,
    periodMs,
    clock,
  }: Pick<LeaseOptions, 'object' | 'mirror' | 'self' | 'periodMs' | 'clock'>,
  heldByOther: (found: FoundLease | undefined) => Error,
): Taking {
  /** It may have arrived although no answer said so. */
  let wanted: Held | undefined;
  let overwritten = false;

  function ownAmong(found: FoundLease | undefined): Held | undefined {
    if (
      wanted === undefined ||
      found?.document?.session !== wanted.document.session ||
      found.document.released
    )
      return undefined;
    return { ...wanted, document: found.document, version: found.version };
  }

  async function take(
    found: FoundLease | undefined,
    { whenUsed, takeOver }: { readonly whenUsed: boolean; readonly takeOver: boolean },
    signal: AbortSignal,
  ): Promise<Held> {
    const next = { mirror, holder: self, fence: (found?.document?.fence ?? 0) + 1, periodMs };
    wanted = withTimes(
      newDocument(whenUsed ? { ...next, renewsWhenUsed: true } : next, clock.now()),
      clock,
    );
    try {
      return await write(object, wanted, found?.version, signal);
    } catch (error) {
      if (error instanceof TargetFullError && found !== undefined)
        return takeRoomOf(found, wanted, signal);
      if (takeOver && isRefusedCondition(error)) {
        overwritten = true;
        return {
          ...wanted,
          version: await object.overwrite(wanted.document, found?.version, signal),
        };
      }
      if (!(error instanceof PreconditionFailedError)) throw error;
      return confirmed(signal);
    }
  }

  /** Where there is no room, not even for this: the lease that may be replaced makes some. */
  async function takeRoomOf(found: FoundLease, next: Held, signal: AbortSignal): Promise<Held> {
    const now = await object.read(signal);
    if (now !== undefined && now.text !== found.text) return confirmed(signal);
    await object.remove(signal);
    try {
      return await write(object, next, undefined, signal);
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
      return confirmed(signal);
    }
  }

  /** What lies there now, which is ours if nobody was faster. */
  async function confirmed(signal: AbortSignal): Promise<Held> {
    const found = await object.read(signal);
    const own = ownAmong(found);
    if (own === undefined) throw heldByOther(found);
    return own;
  }

  return {
    take,
    confirmed,
    ownAmong,
    get overwritten() {
      return overwritten;
    },
    taken() {
      overwritten = false;
    },
  };
}
