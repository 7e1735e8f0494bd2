import type { Clock } from '../clock.js';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  PreconditionFailedError,
  TargetFullError,
  TargetUnavailableError,
  ThrottledError,
} from '../drivers/errors.js';
import { childController, NEVER_ABORTED, orAborted, whenAborted } from '../signal.js';
import { type LeaseDocument, released, uploadsIn } from './document.js';
import { describeHolder, LeaseHeldError, LeaseLostError, LeaseUnavailableError } from './errors.js';
import { type Held, isTrusted } from './held.js';
import { createHolding, type Holding } from './holding.js';
import { judge, RENEW_SHARE, type Relation } from './judge.js';
import type { Lease } from './lease.js';
import type { FoundLease, LeaseObject } from './lease-object.js';
import type { LeaseOptions } from './lease-options.js';
import { createTaking, type Taking } from './taking.js';
import { withDeadline } from './with-deadline.js';

const RELEASE_MS = 5_000;
/** Errors about the whole target or container. They pass unchanged, as they say more than LeaseUnavailableError. */
const NOT_OF_THE_LEASE = [
  LeaseLostError,
  TargetUnavailableError,
  ThrottledError,
  InvalidCredentialsError,
  TargetFullError,
  ContainerDoesNotExistError,
  ContainerAccessDeniedError,
];

/** Where the provider has no conditional writes, two processes may write at once: after this wait both read the last write. */
const SETTLE_MS = 2_000;

/** Returns a lease that is not held yet: `acquire` takes it. Its states and events are in lease-step.ts. */
export function createLease(options: LeaseOptions): Lease {
  const { object, place, mirror, periodMs, clock, log } = options;
  const holding = createHolding(options);
  const taking = createTaking(options, holding, (found) =>
    heldBy(options, found, { relation: 'other', silenceMs: periodMs, remainingMs: periodMs }),
  );

  function hold(signal: AbortSignal): Promise<void> | undefined {
    return holding.allowsWrite() ? undefined : allowed(signal);
  }

  async function allowed(signal: AbortSignal): Promise<void> {
    await workersGone(holding, options, signal);
    if (!holding.allowsWrite()) await renewUntilTrusted(holding, options, signal);
  }

  return {
    async acquire(signal) {
      if (holding.state.held !== undefined) {
        await hold(signal);
        return { wasOthers: false, wasThere: true };
      }
      const { held, found, wasOthers } = await take(options, holding, taking, signal);
      const { fence } = holding.apply({ type: 'taken', held, atMs: clock.monotonic() });
      if (wasOthers)
        log.warn('lease taken over', { mirror, place, from: describeHolder(found), fence });
      else log.debug('lease taken', { mirror, place, fence });
      await workersGone(holding, options, signal);
      return {
        wasOthers,
        wasThere: found !== undefined,
        ...(wasOthers && { leftUploads: uploadsIn(found?.document) }),
        fences: { found: found?.document?.fence, ours: fence },
      };
    },
    hold,
    prove: (signal) => orAborted(holding.renew(), signal),
    whenLost: (signal) => whenAborted(signal, holding.ended),
    async release() {
      const last = await holding.end(new Error('the lease was released'));
      if (last === undefined || !(object.conditional || isTrusted(last, periodMs, clock))) return;
      const nowMs = clock.now();
      try {
        await withDeadline(clock, RELEASE_MS, NEVER_ABORTED, (signal) =>
          writeReleased(
            object,
            taking,
            last,
            (document) => holding.stated(released(document, nowMs)),
            signal,
          ),
        );
      } catch (error) {
        log.warn('lease release failed', { mirror, error });
      }
    },
    epoch() {
      const { held, workersGoneAtMs } = holding.state;
      if (held === undefined || clock.monotonic() < workersGoneAtMs) return undefined;
      const { session, fence } = held.document;
      return { session, fence };
    },
    status() {
      const { held, fence } = holding.state;
      return {
        held: held !== undefined,
        fence,
        renewedAtMs: held?.wallMs ?? null,
        ...(held?.document.renewsWhenUsed && { renewsWhenUsed: true }),
      };
    },
  };
}

/** Reads the lease and takes it where that is allowed. Rejects with LeaseHeldError otherwise, or the driver's error. */
async function take(
  options: LeaseOptions,
  holding: Holding,
  taking: Taking,
  signal: AbortSignal,
): Promise<{ held: Held; found: FoundLease | undefined; wasOthers: boolean }> {
  const { object, self, periodMs, clock } = options;
  const found = await object.read(signal);
  const own = taking.ownAmong(found);
  const reachedOnlyHere = options.reachedOnlyHere?.() ?? false;
  const silentMs = found === undefined || own !== undefined ? 0 : silenceOf(found, holding, clock);
  const { rivalLives, takeOver } = holding.state;
  const standing =
    found === undefined || own !== undefined
      ? ({ free: true, byOther: false } as const)
      : await judge(found.document, { self, periodMs, rivalLives, reachedOnlyHere });
  if (!standing.free && !takeOver && silentMs < standing.silenceMs) {
    const { relation, silenceMs } = standing;
    throw heldBy(options, found, { relation, silenceMs, remainingMs: silenceMs - silentMs });
  }
  const wasOthers = standing.free ? standing.byOther : standing.relation !== 'restarted';
  const whenUsed = reachedOnlyHere && self.bootId !== null && self.startTicks !== null;
  let held = own ?? (await taking.take(found, { whenUsed, takeOver }, signal));
  if (!object.conditional || holding.state.overwrote) {
    await clock.sleep(Math.min(SETTLE_MS, periodMs * RENEW_SHARE), signal);
    held = await taking.confirmed(signal);
  }
  return { held, found, wasOthers };
}

/** Milliseconds on our clock since another holder's lease was first read with this content. */
function silenceOf({ text }: FoundLease, holding: Holding, clock: Clock): number {
  const atMs = clock.monotonic();
  const { rival } = holding.apply({ type: 'rival read', text, atMs });
  return atMs - (rival?.sinceMs ?? atMs);
}

function heldBy(
  { place, howToTakeOver }: LeaseOptions,
  found: FoundLease | undefined,
  times: { readonly relation: Relation; readonly silenceMs: number; readonly remainingMs: number },
): LeaseHeldError {
  return new LeaseHeldError({ place, found, ...times, howToTakeOver });
}

async function renewUntilTrusted(
  holding: Holding,
  { place, periodMs, clock }: LeaseOptions,
  signal: AbortSignal,
): Promise<void> {
  // A renewal that took longer than the trust in it lasts proves nothing.
  do await renewNow(holding, place, signal);
  while (holding.state.held === undefined || !isTrusted(holding.state.held, periodMs, clock));
}

/**
 * Resolves when no worker of an earlier holder writes any more, while the lease is renewed. Rejects with LeaseLostError when it
 * is lost before that, and with the reason of `signal`.
 */
async function workersGone(
  { state, ended }: Holding,
  { place, mirror, clock, log }: LeaseOptions,
  signal: AbortSignal,
): Promise<void> {
  const ms = () => state.workersGoneAtMs - clock.monotonic();
  if (ms() <= 0) return;
  log.info('waiting for the end of earlier workers', {
    mirror,
    place,
    seconds: Math.ceil(ms() / 1_000),
  });
  while (ms() > 0) {
    const { controller, unlink } = childController(signal, ended);
    try {
      await clock.sleep(ms(), controller.signal);
    } finally {
      unlink();
    }
  }
}

async function renewNow(holding: Holding, place: string, signal: AbortSignal): Promise<void> {
  try {
    await orAborted(holding.renew(), signal);
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

/** Marks the lease as released, unless another process holds it by now. */
async function writeReleased(
  object: LeaseObject,
  taking: Taking,
  { document, version }: Held,
  asReleased: (document: LeaseDocument) => LeaseDocument,
  signal: AbortSignal,
): Promise<void> {
  if (object.conditional) {
    try {
      await object.write(asReleased(document), version, signal);
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
    }
  }
  // A renewal whose answer was lost may have arrived. The lease of another holder stays unchanged.
  const found = taking.ownAmong(await object.read(signal));
  if (found !== undefined) await object.write(asReleased(found.document), found.version, signal);
}
