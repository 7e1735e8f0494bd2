import {
  ObjectDoesNotExistError,
  PreconditionFailedError,
  TargetFullError,
} from '../drivers/errors.js';
import type { LeaseDocument } from './document.js';
import type { LeaseLostError } from './errors.js';
import { type Held, nextRenewal, write } from './held.js';
import type { FoundLease } from './lease-object.js';
import type { LeaseOptions } from './lease-options.js';

/** How a renewal reports that the lease is lost. Both end the holding and return the error to throw. */
export interface Endings {
  lose(found: FoundLease | undefined): LeaseLostError;
  end(why: string): LeaseLostError;
}

/** Wait before a read is repeated that returned an older lease. */
const OLD_ANSWER_MS = 2_000;

/** Renews once. Rejects with the errors of `Endings`, or the provider's. */
export type Renewal = (current: Held, signal: AbortSignal) => Promise<Held>;

export function createRenewal(
  {
    object,
    place,
    mirror,
    clock,
    log,
  }: Pick<LeaseOptions, 'object' | 'place' | 'mirror' | 'clock' | 'log'>,
  { lose, end }: Endings,
): Renewal {
  async function renew(current: Held, signal: AbortSignal): Promise<Held> {
    const { document } = current;
    const next = nextRenewal(document, clock);
    try {
      if (!object.conditional) {
        const found = await readSure(document, signal);
        if (isOlder(found, document)) throw wentBack();
        if (found !== undefined && found.document?.session !== document.session) throw lose(found);
      }
      return await write(object, next, current.version, signal);
    } catch (error) {
      if (error instanceof TargetFullError) return seen(next, error, signal);
      if (!(error instanceof PreconditionFailedError || error instanceof ObjectDoesNotExistError))
        throw error;
      const found = await object.read(signal);
      if (found === undefined) return putBack(next, signal);
      if (isOlder(found, document)) throw wentBack();
      // An earlier renewal arrived whose answer was lost. Other processes count from it, so a new one is needed.
      if (found.document?.session === document.session)
        return write(object, nextRenewal(found.document, clock), found.version, signal);
      throw lose(found);
    }
  }

  /** Reads again when the answer is older than our lease: a provider without conditional writes may be eventually consistent. */
  async function readSure(
    document: LeaseDocument,
    signal: AbortSignal,
  ): Promise<FoundLease | undefined> {
    const found = await object.read(signal);
    if (!isOlder(found, document)) return found;
    await clock.sleep(OLD_ANSWER_MS, signal);
    return object.read(signal);
  }

  /** The container holds an earlier lease of ours, as after a restored snapshot: no other process took it. */
  function wentBack(): LeaseLostError {
    const why = 'its lease is an earlier one; everything is compared';
    log.warn('target went back to an older state', { mirror, place, why });
    return end(`${place} went back to an older state: ${why}`);
  }

  /** In a full target the lease is read instead of renewed, so that deletes go on and free space. */
  async function seen(
    { document, monotonicMs, wallMs }: Held,
    full: Error,
    signal: AbortSignal,
  ): Promise<Held> {
    const found = await object.read(signal);
    if (found === undefined) throw full;
    if (found.document?.session !== document.session) throw lose(found);
    return {
      document: found.document,
      version: found.version,
      monotonicMs,
      wallMs,
      onlySeen: true,
    };
  }

  /** The container was emptied. Writes the lease again; another process may be faster. */
  async function putBack(next: Held, signal: AbortSignal): Promise<Held> {
    try {
      return await write(object, next, undefined, signal);
    } catch (error) {
      throw error instanceof PreconditionFailedError ? lose(await object.read(signal)) : error;
    }
  }

  return renew;
}

/** Whether a lease is older than this one, by fence and number of renewals. */
function isOlder(
  found: FoundLease | undefined,
  { session, fence, renewal }: LeaseDocument,
): boolean {
  const there = found?.document;
  if (there === undefined) return false;
  return there.session === session ? there.renewal < renewal : there.fence < fence;
}
