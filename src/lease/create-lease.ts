import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  PreconditionFailedError,
  TargetFullError,
  TargetUnavailableError,
  ThrottledError,
} from '../drivers/errors.js';
import { NEVER_ABORTED, orAborted, whenAborted } from '../signal.js';
import { released } from './document.js';
import { describeHolder, LeaseHeldError, LeaseLostError, LeaseUnavailableError } from './errors.js';
import { type Held, isTrusted } from './held.js';
import { judge, RENEW_SHARE, type Relation } from './judge.js';
import type { Lease } from './lease.js';
import type { FoundLease } from './lease-object.js';
import type { LeaseOptions } from './lease-options.js';
import { createRenewal } from './renewal.js';
import { watchRival } from './rival.js';
import { createTaking } from './taking.js';
import { withDeadline } from './with-deadline.js';

/** A provider that does not answer in this time has not answered. */
const CALL_MS = 30_000;
const RELEASE_MS = 5_000;
/** What is wrong with the target or the container as a whole, and says so better than that the lease cannot be renewed. */
const NOT_OF_THE_LEASE = [
  LeaseLostError,
  TargetUnavailableError,
  ThrottledError,
  InvalidCredentialsError,
  TargetFullError,
  ContainerDoesNotExistError,
  ContainerAccessDeniedError,
];

/** Of two who write at the same moment, where no write can be refused: after this both see who was the last. */
const SETTLE_MS = 2_000;

/** Not taken yet. */
export function createLease(options: LeaseOptions): Lease {
  const { object, place, mirror, self, periodMs, howToTakeOver, clock, log } = options;
  let takeOver = options.takeOver;
  let held: Held | undefined;
  let fence = 0;
  /** Aborted when the holding ends, and with LeaseLostError when that was not our will. */
  let ending = new AbortController();
  let renewing: Promise<void> | undefined;
  /** Since the last sign of life a write has asked for the place. */
  let used = false;
  /** A sign of life was left out: the next write gives one first. */
  let leftOut = false;
  const rival = watchRival(clock);
  const taking = createTaking(options, (found) => heldBy(found, 'other', periodMs, periodMs));
  const renew = createRenewal(options, { lose, end: endWith });

  function begin(holding: Held): void {
    held = holding;
    fence = holding.document.fence;
    rival.forget();
    takeOver = false;
    taking.taken();
    leftOut = false;
    ending = new AbortController();
    void giveSignsOfLife(ending.signal);
  }

  async function giveSignsOfLife(until: AbortSignal): Promise<void> {
    let failing = false;
    while (!until.aborted) {
      try {
        await clock.sleep(periodMs * RENEW_SHARE, until);
        leftOut = held?.document.renewsWhenUsed === true && !used;
        if (!leftOut) await renewOnce();
        failing = false;
      } catch (error) {
        if (until.aborted) return;
        if (!failing)
          log.warn('no sign of life could be given to the container', { mirror, error });
        failing = true;
      }
    }
  }

  function heldBy(
    found: FoundLease | undefined,
    relation: Relation,
    silenceMs: number,
    remainingMs: number,
  ): LeaseHeldError {
    return new LeaseHeldError({ place, found, relation, silenceMs, remainingMs, howToTakeOver });
  }

  function lose(found: FoundLease | undefined): LeaseLostError {
    rival.tookOver();
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

  /** One renewal at a time, whoever asks for it. */
  function renewOnce(): Promise<void> {
    const current = held;
    if (current === undefined) {
      const { reason } = ending.signal;
      return Promise.reject(
        reason instanceof LeaseLostError ? reason : new LeaseLostError(`${place} is not held`),
      );
    }
    const { signal: ended } = ending;
    if (renewing === undefined) used = false;
    renewing ??= withDeadline(clock, CALL_MS, ended, async (signal) => {
      const next = await renew(current, signal);
      if (signal.aborted) return;
      held = next;
      leftOut = false;
    }).finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  async function makeSure(signal: AbortSignal): Promise<void> {
    // A renewal that took longer than it is trusted says nothing of now.
    do await renewNow(signal);
    while (held === undefined || !isTrusted(held, periodMs, clock));
  }

  async function renewNow(signal: AbortSignal): Promise<void> {
    try {
      await orAborted(renewOnce(), signal);
    } catch (error) {
      if (
        signal.aborted ||
        !(error instanceof Error) ||
        NOT_OF_THE_LEASE.some((kind) => error instanceof kind)
      )
        throw error;
      throw new LeaseUnavailableError(place, error);
    }
  }

  function hold(signal: AbortSignal): Promise<void> | undefined {
    used = true;
    return held !== undefined && isTrusted(held, periodMs, clock) && !leftOut
      ? undefined
      : makeSure(signal);
  }

  async function giveBack({ document, version }: Held, signal: AbortSignal): Promise<void> {
    if (object.conditional) {
      try {
        await object.write(released(document, clock.now()), version, signal);
        return;
      } catch (error) {
        if (!(error instanceof PreconditionFailedError)) throw error;
      }
    }
    // A sign of life that was dropped on its way may have arrived; another holder is left alone.
    const found = taking.ownAmong(await object.read(signal));
    if (found !== undefined)
      await object.write(released(found.document, clock.now()), found.version, signal);
  }

  return {
    async acquire(signal) {
      if (held !== undefined) {
        await hold(signal);
        return { wasOthers: false, wasThere: true };
      }
      const found = await object.read(signal);
      const own = taking.ownAmong(found);
      const reachedOnlyHere = options.reachedOnlyHere?.() ?? false;
      const silentMs = found === undefined || own !== undefined ? 0 : rival.silentMs(found);
      const standing =
        found === undefined || own !== undefined
          ? ({ free: true, byOther: false } as const)
          : await judge(found.document, {
              self,
              periodMs,
              rivalLives: rival.lives,
              reachedOnlyHere,
            });
      if (!standing.free && !takeOver && silentMs < standing.silenceMs) {
        throw heldBy(found, standing.relation, standing.silenceMs, standing.silenceMs - silentMs);
      }
      const wasOthers = standing.free ? standing.byOther : standing.relation !== 'restarted';
      const whenUsed = reachedOnlyHere && self.bootId !== null && self.startTicks !== null;
      let holding = own ?? (await taking.take(found, { whenUsed, takeOver }, signal));
      if (!object.conditional || taking.overwritten) {
        await clock.sleep(Math.min(SETTLE_MS, periodMs * RENEW_SHARE), signal);
        holding = await taking.confirmed(signal);
      }
      begin(holding);
      if (wasOthers)
        log.warn('lease taken over', { mirror, place, from: describeHolder(found), fence });
      else log.debug('lease taken', { mirror, place, fence });
      return {
        wasOthers,
        wasThere: found !== undefined,
        fences: { found: found?.document?.fence, ours: fence },
      };
    },
    hold,
    prove: (signal) => orAborted(renewOnce(), signal),
    whenLost: (signal) => whenAborted(signal, ending.signal),
    async release() {
      ending.abort(new Error('the lease was given back'));
      await renewing?.catch(() => {});
      const current = held;
      held = undefined;
      if (current === undefined || !(object.conditional || isTrusted(current, periodMs, clock)))
        return;
      try {
        await withDeadline(clock, RELEASE_MS, NEVER_ABORTED, (signal) => giveBack(current, signal));
      } catch (error) {
        log.warn('lease not given back: who comes next waits until it is old', { mirror, error });
      }
    },
    status: () => ({
      held: held !== undefined,
      fence,
      renewedAtMs: held?.wallMs ?? null,
      ...(held?.document.renewsWhenUsed && { renewsWhenUsed: true }),
    }),
  };
}
