import { PreconditionFailedError, TargetFullError } from '../drivers/errors.js';
import { newDocument } from './document.js';
import { isRefusedCondition } from './errors.js';
import { type Held, withTimes, write } from './held.js';
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
  /** Our last write, if it is what was found. */
  ownAmong(found: FoundLease | undefined): Held | undefined;
  /** The lease was taken by an unconditional write. */
  readonly overwritten: boolean;
  /** Call it when the lease is taken: resets `overwritten`. */
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
  /** Our last write: it may have arrived although its answer was lost. */
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
        return takeSpaceOf(found, wanted, signal);
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
