import { PreconditionFailedError, TargetFullError } from '../drivers/errors.js';
import { newDocument } from './document.js';
import { isRefusedCondition } from './errors.js';
import { type Held, withTimes, write } from './held.js';
import type { Holding } from './holding.js';
import type { FoundLease } from './lease-object.js';
import type { LeaseOptions } from './lease-options.js';

/** The writes that take a lease. */
export interface Taking {
  /**
   * `whenUsed`: it will be renewed only while something is written. `takeOver`: taken from any holder. Rejects with the
   * error of `heldByOther` when another process was faster.
   */
  take(
    found: FoundLease | undefined,
    how: { readonly whenUsed: boolean; readonly takeOver: boolean },
    signal: AbortSignal,
  ): Promise<Held>;
  /** Reads the lease, and returns it when it is ours. Rejects with the error of `heldByOther` otherwise. */
  confirmed(signal: AbortSignal): Promise<Held>;
  /** Our last write that takes the lease, if it is what was found. */
  ownAmong(found: FoundLease | undefined): Held | undefined;
}

export function createTaking(
  {
    object,
    mirror,
    self,
    periodMs,
    clock,
  }: Pick<LeaseOptions, 'object' | 'mirror' | 'self' | 'periodMs' | 'clock'>,
  holding: Pick<Holding, 'state' | 'apply' | 'stated'>,
  heldByOther: (found: FoundLease | undefined) => Error,
): Taking {
  function ownAmong(found: FoundLease | undefined): Held | undefined {
    const { wanted } = holding.state;
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
    const document = newDocument(whenUsed ? { ...next, renewsWhenUsed: true } : next, clock.now());
    holding.apply({ type: 'workers found', trustMs: found?.document?.workersTrustMs ?? 0 });
    const wanted = withTimes(holding.stated(document), clock);
    holding.apply({ type: 'take sent', held: wanted });
    try {
      return await write(object, wanted, found?.version, signal);
    } catch (error) {
      if (error instanceof TargetFullError && found !== undefined)
        return takeSpaceOf(found, wanted, signal);
      if (takeOver && isRefusedCondition(error)) {
        holding.apply({ type: 'take overwrote' });
        return {
          ...wanted,
          version: await object.overwrite(wanted.document, found?.version, signal),
        };
      }
      if (!(error instanceof PreconditionFailedError)) throw error;
      return confirmed(signal);
    }
  }

  /** In a full target, deletes the lease that may be replaced, to free space for ours. */
  async function takeSpaceOf(found: FoundLease, next: Held, signal: AbortSignal): Promise<Held> {
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

  /** Reads the lease, and returns it when it is ours. Rejects with the error of `heldByOther` otherwise. */
  async function confirmed(signal: AbortSignal): Promise<Held> {
    const found = await object.read(signal);
    const own = ownAmong(found);
    if (own === undefined) throw heldByOther(found);
    return own;
  }

  return { take, confirmed, ownAmong };
}
