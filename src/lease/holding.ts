import { describeHolder, LeaseLostError } from './errors.js';
import { type Held, isTrusted } from './held.js';
import { RENEW_SHARE } from './judge.js';
import type { FoundLease } from './lease-object.js';
import type { LeaseOptions } from './lease-options.js';
import { createRenewal } from './renewal.js';
import { withDeadline } from './with-deadline.js';

/** Longest wait for the provider's answer to a renewal. */
const CALL_MS = 30_000;

/** The time between taking the lease and losing or releasing it, with its renewals. */
export interface Holding {
  /** The last renewal that arrived; undefined while the lease is not held. */
  readonly current: Held | undefined;
  /** Number of changes of holder; 0 before the first `begin`. */
  readonly fence: number;
  /** Aborted when the holding ends; its reason is a LeaseLostError unless the lease was released. */
  readonly ended: AbortSignal;
  /** Begins to hold, and to renew in the background until the holding ends. */
  begin(taken: Held): void;
  /** Renews now; concurrent callers share one renewal. Rejects with LeaseLostError or the provider's error. */
  renew(): Promise<void>;
  /** Whether a write may go out now. Counts as use: a lease that renews while used renews again. */
  allowsWrite(): boolean;
  /** Ends the holding, waits for a renewal under way, and returns what was held. */
  end(reason: Error): Promise<Held | undefined>;
}

/** `onTakenOver` is called when another process is found to hold the lease. */
export function createHolding(options: LeaseOptions, onTakenOver: () => void): Holding {
  const { place, periodMs, clock } = options;
  let held: Held | undefined;
  let fence = 0;
  let ending = new AbortController();
  let renewing: Promise<void> | undefined;
  /** Since the last renewal a write has asked for the lease. */
  let used = false;
  /** A renewal was skipped for want of writes: the next write renews first. */
  let skipped = false;
  const sendRenewal = createRenewal(options, { lose, end: endWith });

  function lose(found: FoundLease | undefined): LeaseLostError {
    onTakenOver();
    return endWith(
      `${place} was taken over by ${describeHolder(found)}; nothing more is written to it`,
    );
  }

  function endWith(why: string): LeaseLostError {
    const error = new LeaseLostError(why);
    held = undefined;
    ending.abort(error);
    return error;
  }

  async function renewUnlessIdle(): Promise<void> {
    skipped = held?.document.renewsWhenUsed === true && !used;
    if (!skipped) await renew();
  }

  function renew(): Promise<void> {
    const current = held;
    const { signal: ended } = ending;
    if (current === undefined) {
      const { reason } = ended;
      return Promise.reject(
        reason instanceof LeaseLostError ? reason : new LeaseLostError(`${place} is not held`),
      );
    }
    if (renewing === undefined) used = false;
    renewing ??= withDeadline(clock, CALL_MS, ended, async (signal) => {
      const next = await sendRenewal(current, signal);
      if (signal.aborted) return;
      held = next;
      skipped = false;
    }).finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  return {
    renew,
    get current() {
      return held;
    },
    get fence() {
      return fence;
    },
    get ended() {
      return ending.signal;
    },
    begin(taken) {
      held = taken;
      fence = taken.document.fence;
      skipped = false;
      ending = new AbortController();
      void renewRegularly(options, renewUnlessIdle, ending.signal);
    },
    allowsWrite() {
      used = true;
      return held !== undefined && isTrusted(held, periodMs, clock) && !skipped;
    },
    async end(reason) {
      ending.abort(reason);
      await renewing?.catch(() => {});
      const last = held;
      held = undefined;
      return last;
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
