import {
  ObjectDoesNotExistError,
  PreconditionFailedError,
  TargetFullError,
} from '../drivers/errors.js';
import type { LeaseDocument } from './document.js';
import type { LeaseLostError } from './errors.js';
import { type Held, signOfLife, write } from './held.js';
import type { FoundLease } from './lease-object.js';
import type { LeaseOptions } from './lease-options.js';

/** What a renewal does that finds the place to be ours no more. Both end the holding and return the error. */
export interface Endings {
  lose(found: FoundLease | undefined): LeaseLostError;
  end(why: string): LeaseLostError;
}

/** So much later an answer that seems to be an old one is asked for again. */
const OLD_ANSWER_MS = 2_000;

/** Gives one sign of life. Rejects with what `endings` return, or the provider's error. */
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
    const next = signOfLife(document, clock);
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
      // An earlier one arrived whose answer was lost. Who waits counts from that, so it says nothing of now.
      if (found.document?.session === document.session)
        return write(object, signOfLife(found.document, clock), found.version, signal);
      throw lose(found);
    }
  }

  /** A provider without conditional writes may answer with what it had a moment ago. */
  async function readSure(
    document: LeaseDocument,
    signal: AbortSignal,
  ): Promise<FoundLease | undefined> {
    const found = await object.read(signal);
    if (!isOlder(found, document)) return found;
    await clock.sleep(OLD_ANSWER_MS, signal);
    return object.read(signal);
  }

  /** The container holds an earlier lease, as after a snapshot was restored: nobody took the place. */
  function wentBack(): LeaseLostError {
    const why = 'its lease is an earlier one; everything is compared';
    log.warn('target went back to an older state', { mirror, place, why });
    return end(`${place} went back to an older state: ${why}`);
  }

  /** Deletes must go on where there is no room for a sign of life: they make some. */
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

  /** Somebody emptied the container; the place is still ours unless another one was faster. */
  async function putBack(next: Held, signal: AbortSignal): Promise<Held> {
    try {
      return await write(object, next, undefined, signal);
    } catch (error) {
      throw error instanceof PreconditionFailedError ? lose(await object.read(signal)) : error;
    }
  }

  return renew;
}

/** Whether a lease is from before this one: with each change of hands the fence is one more, and with each renewal its number. */
function isOlder(
  found: FoundLease | undefined,
  { session, fence, renewal }: LeaseDocument,
): boolean {
  const there = found?.document;
  if (there === undefined) return false;
  return there.session === session ? there.renewal < renewal : there.fence < fence;
}
