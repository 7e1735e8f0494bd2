import type { Clock } from '../clock.js';
import type { Backend } from '../drivers/backend.js';
import { bytesBody } from '../drivers/body.js';
import { bookkeepingPut } from '../drivers/bookkeeping.js';
import { ObjectAccessDeniedError } from '../drivers/errors.js';
import type { Lease } from '../lease/lease.js';
import { OWN_FOLDER } from './reserved-names.js';

/** The target refuses every change for want of rights, not only that of one object. */
export class TargetDeniedError extends Error {
  override readonly name = 'TargetDeniedError';

  constructor(cause: Error) {
    super(`the target refuses every change: ${cause.message}`, { cause });
  }
}

/** Finds out whether a refusal concerns one object, or every change of the target. */
export interface Denial {
  /** What the error of an object's job says: the same, or of the target. */
  judge(error: unknown, signal: AbortSignal): Promise<unknown>;
  /** @throws TargetDeniedError, and what else keeps the target from being changed */
  prove(signal: AbortSignal): Promise<void>;
}

/** A mirror's place in its container, and the right to write there. */
interface ChangedPlace {
  readonly lease: Pick<Lease, 'prove'>;
  readonly backend: Backend;
  readonly settings: { readonly container: string; readonly prefix: string };
}

/** For so long a change that went through says that others do. Milliseconds. */
const PROVEN_MS = 10_000;

/** `change` makes a small change of our own in the container. */
export function createDenial(
  change: (signal: AbortSignal) => Promise<void>,
  clock: Pick<Clock, 'monotonic'>,
): Denial {
  let provenAtMs = Number.NEGATIVE_INFINITY;
  let proving: Promise<void> | undefined;

  async function proveOnce(signal: AbortSignal): Promise<void> {
    try {
      await change(signal);
      provenAtMs = clock.monotonic();
    } catch (error) {
      throw error instanceof ObjectAccessDeniedError ? new TargetDeniedError(error) : error;
    }
  }

  function prove(signal: AbortSignal): Promise<void> {
    proving ??= proveOnce(signal).finally(() => {
      proving = undefined;
    });
    return proving;
  }

  return {
    prove,
    async judge(error, signal) {
      if (!(error instanceof ObjectAccessDeniedError) || clock.monotonic() - provenAtMs < PROVEN_MS)
        return error;
      try {
        await prove(signal);
        return error;
      } catch (ofTarget) {
        return ofTarget;
      }
    },
  };
}

/** A small change of our own at the mirror's root: the lease's next renewal, or an object that is put and deleted. */
export function changeOf({
  lease,
  backend,
  settings: { container, prefix },
}: ChangedPlace): (signal: AbortSignal) => Promise<void> {
  if (lease.prove !== undefined) return lease.prove;
  return async (signal) => {
    const ref = { container, key: `${prefix}${OWN_FOLDER}probe` };
    await backend.putObject(ref, bytesBody(new Uint8Array()), bookkeepingPut(), { signal });
    await backend.deleteObject(ref, { signal });
  };
}
