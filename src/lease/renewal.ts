import {
  ObjectDoesNotExistError,
  PreconditionFailedError,
  TargetFullError,
} from '../drivers/errors.js';
import type { LeaseDocument } from './document.js';
import { describeHolder } from './errors.js';
import { type Held, nextRenewal, type Stated, write } from './held.js';
import type { FoundLease } from './lease-object.js';
import type { LeaseOptions } from './lease-options.js';
import type { Renewed } from './lease-step.js';

/** Wait before a read is repeated that returned an older lease. */
const OLD_ANSWER_MS = 2_000;

type RenewalOptions = Pick<LeaseOptions, 'object' | 'place' | 'mirror' | 'clock' | 'log'>;

/** Renews once. Rejects with the provider's errors. */
export type Renewal = (current: Held, signal: AbortSignal) => Promise<Renewed>;

export function createRenewal(
  { object, place, mirror, clock, log }: RenewalOptions,
  stated: Stated,
): Renewal {
  async function renew({ document, version }: Held, signal: AbortSignal): Promise<Renewed> {
    const next = nextRenewal(document, stated, clock);
    try {
      if (!object.conditional) {
        const found = await readSure(document, signal);
        if (isOlder(found, document)) return wentBack();
        if (found !== undefined && found.document?.session !== document.session)
          return takenOver(found);
      }
      return renewed(await write(object, next, version, signal));
    } catch (error) {
      if (error instanceof TargetFullError) return onlySeen(next, error, signal);
      if (!(error instanceof PreconditionFailedError || error instanceof ObjectDoesNotExistError))
        throw error;
      const found = await object.read(signal);
      if (found === undefined) return putBack(next, signal);
      if (isOlder(found, document)) return wentBack();
      // An earlier renewal arrived whose answer was lost. Other processes count from it, so a new one is needed.
      if (found.document?.session === document.session)
        return renewed(
          await write(object, nextRenewal(found.document, stated, clock), found.version, signal),
        );
      return takenOver(found);
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

  function takenOver(found: FoundLease | undefined): Renewed {
    const why = `${place} was taken over by ${describeHolder(found)}; nothing more is written to it`;
    return { type: 'taken over', why };
  }

  /** The container holds an earlier lease of ours, as after a restored snapshot: no other process took it. */
  function wentBack(): Renewed {
    const why = 'its lease is an earlier one; everything is compared';
    log.warn('target went back to an older state', { mirror, place, why });
    return { type: 'went back', why: `${place} went back to an older state: ${why}` };
  }

  /** In a full target the lease is read instead of renewed, so that deletes go on and free space. */
  async function onlySeen(next: Held, full: Error, signal: AbortSignal): Promise<Renewed> {
    const found = await object.read(signal);
    if (found === undefined) throw full;
    const { document, version } = found;
    return document?.session === next.document.session
      ? renewed({ ...next, document, version, onlySeen: true })
      : takenOver(found);
  }

  /** The container was emptied. Writes the lease again; another process may be faster. */
  async function putBack(next: Held, signal: AbortSignal): Promise<Renewed> {
    try {
      return renewed(await write(object, next, undefined, signal));
    } catch (error) {
      if (error instanceof PreconditionFailedError) return takenOver(await object.read(signal));
      throw error;
    }
  }

  return renew;
}

function renewed(held: Held): Renewed {
  return { type: 'renewed', held };
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
