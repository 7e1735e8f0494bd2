import type { Clock } from '../clock.js';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  ObjectDoesNotExistError,
  PreconditionFailedError,
  TargetFullError,
  TargetUnavailableError,
  ThrottledError,
} from '../drivers/errors.js';
import { NEVER_ABORTED, orAborted, whenAborted } from '../drivers/signal.js';
import type { Logger } from '../log.js';
import { type Holder, type LeaseDocument, newDocument, released, renewed } from './document.js';
import { describeHolder, isRefusedCondition, LeaseHeldError, LeaseLostError, LeaseUnavailableError } from './errors.js';
import { judge, RENEW_SHARE, type Relation, TRUST_SHARE } from './judge.js';
import type { Lease } from './lease.js';
import type { FoundLease, LeaseObject, LeaseVersion } from './lease-object.js';
import { watchRival } from './rival.js';
import { withDeadline } from './with-deadline.js';

export interface LeaseOptions {
  readonly object: LeaseObject;
  /** Where it lies, for messages: `offsite:photos/laptop/`. */
  readonly place: string;
  readonly mirror: string;
  readonly self: Holder;
  readonly periodMs: number;
  /** True: the first `acquire` takes the place from whoever has it. */
  readonly takeOver: boolean;
  /** What somebody can do who needs the place now and knows that the other one is gone. */
  readonly howToTakeOver: string;
  /**
   * Whether only processes of this running system can reach the place, asked at each `acquire`. Others there can look up
   * whether this process runs, so it gives signs of life only while something is written. Default: no.
   */
  readonly reachedOnlyHere?: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A provider that does not answer in this time has not answered. */
const CALL_MS = 30_000;
const RELEASE_MS = 5_000;
/** Of two who write at the same moment, where no write can be refused: after this both see who was the last. */
const SETTLE_MS = 2_000;

/** A lease that was only seen may be taken over as soon as there is room: it is looked at again after this. Milliseconds. */
const SEEN_MS = 10_000;

const UNKNOWN: LeaseVersion = { etag: undefined, versionId: undefined };

/** One holding, as of the last sign of life that is known to have arrived: when it was sent, by both clocks. */
interface Held {
  readonly document: LeaseDocument;
  readonly version: LeaseVersion;
  readonly monotonicMs: number;
  readonly wallMs: number;
  /** The container had no room for a sign of life, and the last one was found to be there still. */
  readonly onlySeen?: true;
}

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

/** Not taken yet. */
export function createLease(options: LeaseOptions): Lease {
  const { object, place, mirror, self, periodMs, howToTakeOver, clock, log } = options;
  let takeOver = options.takeOver;
  let held: Held | undefined;
  /** What we last wrote to take the place; it may have arrived although no answer said so. */
  let wanted: Held | undefined;
  /** The lease was taken by a write that no provider could refuse. */
  let overwritten = false;
  let fence = 0;
  /** Aborted when the holding ends, and with LeaseLostError when that was not our will. */
  let ending = new AbortController();
  let renewing: Promise<void> | undefined;
  /** Since the last sign of life a write has asked for the place. */
  let used = false;
  /** A sign of life was left out: the next write gives one first. */
  let leftOut = false;
  const rival = watchRival(clock);

  function withTimes(document: LeaseDocument): Held {
    return { document, version: UNKNOWN, monotonicMs: clock.monotonic(), wallMs: clock.now() };
  }

  /**
   * The monotonic clock stands still while the machine sleeps, and the other one may be set back: a sign of life counts
   * only while both say that it is young. Others wait longer than that, from when they have seen it.
   */
  function isTrusted({ monotonicMs, wallMs, onlySeen }: Held): boolean {
    const trustMs = onlySeen ? Math.min(SEEN_MS, periodMs * RENEW_SHARE) : periodMs * TRUST_SHARE;
    return clock.monotonic() - monotonicMs < trustMs && clock.now() - wallMs < trustMs;
  }

  /** Times are from before the request. @throws PreconditionFailedError */
  async function write(next: Held, before: LeaseVersion | undefined, signal: AbortSignal): Promise<Held> {
    return { ...next, version: await object.write(next.document, before, signal) };
  }

  function ownAmong(found: FoundLease | undefined): Held | undefined {
    if (wanted === undefined || found?.document?.session !== wanted.document.session || found.document.released) return undefined;
    return { ...wanted, document: found.document, version: found.version };
  }

  async function take(found: FoundLease | undefined, whenUsed: boolean, signal: AbortSignal): Promise<Held> {
    const next = { mirror, holder: self, fence: (found?.document?.fence ?? 0) + 1, periodMs };
    wanted = withTimes(newDocument(whenUsed ? { ...next, renewsWhenUsed: true } : next, clock.now()));
    try {
      return await write(wanted, found?.version, signal);
    } catch (error) {
      if (error instanceof TargetFullError && found !== undefined) return takeRoomOf(found, wanted, signal);
      if (takeOver && isRefusedCondition(error)) {
        overwritten = true;
        return { ...wanted, version: await object.overwrite(wanted.document, found?.version, signal) };
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
      return await write(next, undefined, signal);
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
      return confirmed(signal);
    }
  }

  /** What lies there now, which is ours if nobody was faster. */
  async function confirmed(signal: AbortSignal): Promise<Held> {
    const found = await object.read(signal);
    const own = ownAmong(found);
    if (own === undefined) throw heldBy(found, 'other', periodMs, periodMs);
    return own;
  }

  function begin(holding: Held): void {
    held = holding;
    fence = holding.document.fence;
    rival.forget();
    takeOver = false;
    overwritten = false;
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
        if (!failing) log.warn('no sign of life could be given to the container', { mirror, error });
        failing = true;
      }
    }
  }

  function heldBy(found: FoundLease | undefined, relation: Relation, silenceMs: number, remainingMs: number): LeaseHeldError {
    return new LeaseHeldError({ place, found, relation, silenceMs, remainingMs, howToTakeOver });
  }

  function lose(found: FoundLease | undefined): LeaseLostError {
    rival.tookOver();
    return endWith(`${place} was taken over by ${describeHolder(found)}; nothing more is written to it`);
  }

  function endWith(why: string): LeaseLostError {
    const error = new LeaseLostError(why);
    held = undefined;
    ending.abort(error);
    return error;
  }

  function signOfLife(document: LeaseDocument): Held {
    return withTimes(renewed(document, clock.now()));
  }

  async function renew(current: Held, signal: AbortSignal): Promise<Held> {
    const { document } = current;
    const next = signOfLife(document);
    try {
      if (!object.conditional) {
        const found = await object.read(signal);
        if (found !== undefined && found.document?.session !== document.session) throw lose(found);
      }
      return await write(next, current.version, signal);
    } catch (error) {
      if (error instanceof TargetFullError) return seen(next, error, signal);
      if (!(error instanceof PreconditionFailedError || error instanceof ObjectDoesNotExistError)) throw error;
      const found = await object.read(signal);
      if (found === undefined) return putBack(next, signal);
      if (found.document?.session === document.session && found.document.renewal < document.renewal) throw wentBack();
      // An earlier one arrived whose answer was lost. Who waits counts from that, so it says nothing of now.
      if (found.document?.session === document.session) return write(signOfLife(found.document), found.version, signal);
      throw lose(found);
    }
  }

  /** What lies there is an earlier sign of life of this very holding, as in a snapshot that was restored: nobody took the place. */
  function wentBack(): LeaseLostError {
    const why = 'its lease is an earlier one of this holding; everything is compared';
    log.warn('target went back to an older state', { mirror, place, why });
    return endWith(`${place} went back to an older state: ${why}`);
  }

  /** Deletes must go on where there is no room for a sign of life: they make some. */
  async function seen({ document, monotonicMs, wallMs }: Held, full: Error, signal: AbortSignal): Promise<Held> {
    const found = await object.read(signal);
    if (found === undefined) throw full;
    if (found.document?.session !== document.session) throw lose(found);
    return { document: found.document, version: found.version, monotonicMs, wallMs, onlySeen: true };
  }

  /** Somebody emptied the container; the place is still ours unless another one was faster. */
  async function putBack(next: Held, signal: AbortSignal): Promise<Held> {
    try {
      return await write(next, undefined, signal);
    } catch (error) {
      throw error instanceof PreconditionFailedError ? lose(await object.read(signal)) : error;
    }
  }

  /** One renewal at a time, whoever asks for it. */
  function renewOnce(): Promise<void> {
    const current = held;
    if (current === undefined) {
      const { reason } = ending.signal;
      return Promise.reject(reason instanceof LeaseLostError ? reason : new LeaseLostError(`${place} is not held`));
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
    while (held === undefined || !isTrusted(held));
  }

  async function renewNow(signal: AbortSignal): Promise<void> {
    try {
      await orAborted(renewOnce(), signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof Error) || NOT_OF_THE_LEASE.some((kind) => error instanceof kind)) throw error;
      throw new LeaseUnavailableError(place, error);
    }
  }

  function hold(signal: AbortSignal): Promise<void> | undefined {
    used = true;
    return held !== undefined && isTrusted(held) && !leftOut ? undefined : makeSure(signal);
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
    const found = ownAmong(await object.read(signal));
    if (found !== undefined) await object.write(released(found.document, clock.now()), found.version, signal);
  }

  return {
    async acquire(signal) {
      if (held !== undefined) {
        await hold(signal);
        return { wasOthers: false, wasThere: true };
      }
      const found = await object.read(signal);
      const own = ownAmong(found);
      const reachedOnlyHere = options.reachedOnlyHere?.() ?? false;
      const silentMs = found === undefined || own !== undefined ? 0 : rival.silentMs(found);
      const standing =
        found === undefined || own !== undefined
          ? ({ free: true, byOther: false } as const)
          : await judge(found.document, { self, periodMs, rivalLives: rival.lives, reachedOnlyHere });
      if (!standing.free && !takeOver && silentMs < standing.silenceMs) {
        throw heldBy(found, standing.relation, standing.silenceMs, standing.silenceMs - silentMs);
      }
      const wasOthers = standing.free ? standing.byOther : standing.relation !== 'restarted';
      let holding = own ?? (await take(found, reachedOnlyHere && self.bootId !== null && self.startTicks !== null, signal));
      if (!object.conditional || overwritten) {
        await clock.sleep(Math.min(SETTLE_MS, periodMs * RENEW_SHARE), signal);
        holding = await confirmed(signal);
      }
      begin(holding);
      if (wasOthers) log.warn('lease taken over', { mirror, place, from: describeHolder(found), fence });
      else log.debug('lease taken', { mirror, place, fence });
      return { wasOthers, wasThere: found !== undefined, fences: { found: found?.document?.fence, ours: fence } };
    },
    hold,
    prove: (signal) => orAborted(renewOnce(), signal),
    whenLost: (signal) => whenAborted(signal, ending.signal),
    async release() {
      ending.abort(new Error('the lease was given back'));
      await renewing?.catch(() => {});
      const current = held;
      held = undefined;
      if (current === undefined || !(object.conditional || isTrusted(current))) return;
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
