import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClockReading } from '../../src/lease/clock-reading.js';
import { type LeaseDocument, newDocument, renewed } from '../../src/lease/document.js';
import { type SeenLease, seenLease } from '../../src/lease/seen-lease.js';
import { LEASE_TRUST_MS, LOCK_TRUST_MS, mayBegin, whyFenced } from '../../src/scale/permit.js';
import { holder } from '../lease/rig.js';

const SECOND = 1_000;
const PERIOD = 60 * SECOND;
const TRUST = 30 * SECOND;

function documentOf(fence: number): LeaseDocument {
  const of = { mirror: 'm', holder: holder(`of ${fence}`), fence, periodMs: PERIOD };
  return { ...newDocument(of, 0), version: 2, workersTrustMs: TRUST };
}

/** A request under way: when it was sent, by the clocks of the worker and in true time. */
interface Sent {
  readonly reading: ClockReading;
  readonly trueMs: number;
}

/** A worker with one job, its two clocks, and a lease that others renew and take over. */
class World {
  document = documentOf(1);
  readonly epoch = { session: this.document.session, fence: 1 };
  trueMs = 0;
  renewedTrueMs = 0;
  takenTrueMs = Number.POSITIVE_INFINITY;
  firstLookTrueMs = Number.POSITIVE_INFINITY;
  extendedTrueMs = 0;
  seen: SeenLease | undefined;
  #sleptMs = 0;
  #aheadMs = 0;
  #extended: ClockReading = this.reading;
  #extending: Sent | undefined;
  #looking: (Sent & { readonly answer: LeaseDocument }) | undefined;

  get reading(): ClockReading {
    return {
      monotonicMs: this.trueMs - this.#sleptMs,
      wallMs: 1e12 + this.trueMs + this.#aheadMs,
    };
  }

  get trust() {
    return { epoch: this.epoch, extended: this.#extended };
  }

  get why() {
    return whyFenced(this.trust, this.seen, this.reading);
  }

  pass(ms: number): void {
    this.trueMs += ms;
  }

  sleep(ms: number): void {
    this.trueMs += ms;
    this.#sleptMs += ms;
  }

  setClock(byMs: number): void {
    this.#aheadMs += byMs;
  }

  /** Sends a request; its answer comes with `answer`, or never. */
  extend(): void {
    this.#extending = { reading: this.reading, trueMs: this.trueMs };
  }

  look(): void {
    const { reading, trueMs, document } = this;
    this.#looking = { reading, trueMs, answer: document };
  }

  answer(): void {
    if (this.#extending !== undefined) {
      this.#extended = this.#extending.reading;
      this.extendedTrueMs = this.#extending.trueMs;
    }
    if (this.#looking !== undefined) {
      const { answer, reading, trueMs } = this.#looking;
      const found = {
        text: '',
        document: answer,
        version: { etag: undefined, versionId: undefined },
      };
      this.seen = seenLease(found, reading, this.seen);
      this.firstLookTrueMs = Math.min(this.firstLookTrueMs, trueMs);
    }
    this.#extending = undefined;
    this.#looking = undefined;
  }

  renew(): void {
    this.document = renewed(this.document, 0);
    if (this.takenTrueMs === Number.POSITIVE_INFINITY) this.renewedTrueMs = this.trueMs;
  }

  takeOver(): void {
    this.document = documentOf(this.document.fence + 1);
    this.takenTrueMs = Math.min(this.takenTrueMs, this.trueMs);
  }
}

type Does = 'pass' | 'extend' | 'look' | 'answer' | 'renew' | 'take over' | 'sleep' | 'set clock';

const ms = fc.constantFrom(1, SECOND, 5 * SECOND, 9 * SECOND, 17 * SECOND, 60 * SECOND);
const steps = (...lies: readonly Does[]) =>
  fc.array(
    fc.record({
      does: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom<Does>('pass', 'extend', 'look', 'answer') },
        { weight: 3, arbitrary: fc.constant<Does>('renew') },
        { weight: 1, arbitrary: fc.constantFrom<Does>('take over', ...lies) },
      ),
      ms,
      back: fc.boolean(),
    }),
    { minLength: 30, maxLength: 120, size: 'max' },
  );

/** `sleeper`: the machine sleeps, and its clock is set ahead only: one that sleeps and is set back hides for how long. */
function permitsIn(plan: ReturnType<typeof steps>, sleeper: boolean): number {
  let permits = 0;
  fc.assert(
    fc.property(plan, (all) => {
      const world = new World();
      for (const { does, ms: by, back } of all) {
        if (does === 'pass') world.pass(by);
        if (does === 'sleep') world.sleep(by);
        if (does === 'set clock') world.setClock(back && !sleeper ? -by : by);
        if (does === 'extend') world.extend();
        if (does === 'look') world.look();
        if (does === 'answer') world.answer();
        if (does === 'renew') world.renew();
        if (does === 'take over') world.takeOver();
        if (mayBegin(world.trust, world.seen, world.reading)) expect(world.why).toBeUndefined();
        if (world.why !== undefined) continue;
        permits += 1;
        expect(world.trueMs - world.extendedTrueMs).toBeLessThan(LOCK_TRUST_MS);
        expect(world.trueMs - world.takenTrueMs).toBeLessThan(LEASE_TRUST_MS);
        const heard = Math.max(world.renewedTrueMs, world.firstLookTrueMs);
        expect(world.trueMs - heard).toBeLessThan(0.8 * PERIOD);
      }
    }),
    { numRuns: 400 },
  );
  return permits;
}

test('permit: whatever freezes, late answers and set clocks do, none is given on a lost lock or lease', () => {
  expect(permitsIn(steps('set clock'), false)).toBeGreaterThan(1_000);
});

test('permit: a machine that slept gives none on a lock or a lease from before', () => {
  expect(permitsIn(steps('sleep', 'set clock'), true)).toBeGreaterThan(1_000);
});
