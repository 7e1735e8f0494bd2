import { withUploads, withWorkersTrust } from './document.js';
import { LeaseLostError } from './errors.js';
import type { Held, Stated } from './held.js';
import { RENEW_SHARE } from './judge.js';
import type { LeaseOptions } from './lease-options.js';
import {
  type LeaseEvent,
  type LeaseState,
  leaseStep,
  mayWrite,
  newLeaseState,
  trustToWrite,
} from './lease-step.js';
import { createRenewal } from './renewal.js';
import { withDeadline } from './with-deadline.js';

/** Longest wait for the provider's answer to a renewal. */
const CALL_MS = 30_000;

/** The lease of one process, whose states and events are in lease-step.ts, with its renewals. */
export interface Holding {
  readonly state: LeaseState;
  /** Aborted when the lease is lost or released; its reason is a LeaseLostError unless the lease was released. */
  readonly ended: AbortSignal;
  /** The only place that changes the state. `taken` begins renewals in the background, until the lease is lost or released. */
  apply(event: LeaseEvent): LeaseState;
  /** Renews now; concurrent callers share one renewal. Rejects with LeaseLostError or the provider's error. */
  renew(): Promise<void>;
  /** Whether a write may go out now. Counts as use: a lease that renews while used renews again. */
  allowsWrite(): boolean;
  /** What a document of this holder says of its uploads, and of workers that may write. */
  readonly stated: Stated;
  /** Ends the holding, waits for a renewal under way, and returns what was held. */
  end(reason: Error): Promise<Held | undefined>;
}

export function createHolding(options: LeaseOptions): Holding {
  const { place, periodMs, uploads = () => [], workersTrustMs, clock } = options;
  let state = newLeaseState(options.takeOver);
  let ending = new AbortController();
  let renewing: Promise<void> | undefined;
  const stated: Stated = (document) =>
    withWorkersTrust(
      withUploads(document, uploads()),
      trustToWrite(state, workersTrustMs?.(), clock),
    );
  const sendRenewal = createRenewal(options, stated);

  function apply(event: LeaseEvent): LeaseState {
    state = leaseStep(state, event);
    if (event.type === 'taken') {
      ending = new AbortController();
      void renewRegularly(options, renewUnlessIdle, ending.signal);
    }
    if (state.lost !== undefined) ending.abort(new LeaseLostError(state.lost));
    return state;
  }

  async function renewUnlessIdle(): Promise<void> {
    if (!apply({ type: 'renewal due' }).skipped) await renew();
  }

  function renew(): Promise<void> {
    const { held, lost } = state;
    if (held === undefined)
      return Promise.reject(new LeaseLostError(lost ?? `${place} is not held`));
    if (renewing !== undefined) return renewing;
    apply({ type: 'renewal sent' });
    renewing = withDeadline(clock, CALL_MS, ending.signal, async (signal) => {
      const renewed = await sendRenewal(held, signal);
      signal.throwIfAborted();
      apply(renewed);
      signal.throwIfAborted();
    }).finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  return {
    apply,
    renew,
    stated,
    get state() {
      return state;
    },
    get ended() {
      return ending.signal;
    },
    allowsWrite() {
      return mayWrite(apply({ type: 'write asked' }), periodMs, clock);
    },
    async end(reason) {
      const { held } = state;
      apply({ type: 'released' });
      ending.abort(reason);
      await renewing?.catch(() => {});
      return held;
    },
  };
}

/** Calls `renew` five times per lease period until `until` aborts. Logs the first of consecutive failures. */
async function renewRegularly(
  { mirror, periodMs, clock, log }: LeaseOptions,
  renew: () => Promise<void>,
  until: AbortSignal,
): Promise<void> {
  let failing = false;
  while (!until.aborted) {
    try {
      await clock.sleep(periodMs * RENEW_SHARE, until);
      await renew();
      failing = false;
    } catch (error) {
      if (until.aborted) return;
      if (!failing) log.warn('lease renewal failed', { mirror, error });
      failing = true;
    }
  }
}
