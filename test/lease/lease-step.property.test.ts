import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newDocument, renewed } from '../../src/lease/document.js';
import type { Held } from '../../src/lease/held.js';
import { type LeaseEvent, leaseStep, mayWrite, newLeaseState } from '../../src/lease/lease-step.js';
import { holder, PERIOD } from './rig.js';

/** The place: the lease object that two processes write under a condition. */
interface Place {
  held: Held | undefined;
  by: Process | undefined;
  released: boolean;
}

/** A process that sees the same time as the others, on clocks of its own. */
class Process {
  state = newLeaseState(false);
  readonly #name: string;
  readonly #place: Place;
  #nowMs = 0;
  /** Its wall clock was set ahead by this. */
  #aheadMs = 0;
  /** A renewal that has arrived in the place, and whose answer has not arrived here. */
  #unanswered: Held | undefined;

  constructor(name: string, place: Place) {
    this.#name = name;
    this.#place = place;
  }

  get mayWrite(): boolean {
    return mayWrite(this.state, PERIOD, this.#clock);
  }

  pass(ms: number): void {
    this.#nowMs += ms;
  }

  setClock(byMs: number): void {
    this.#aheadMs += byMs;
  }

  /** Reads the place, and takes the lease there when it is free or has been silent for a period. */
  want(): void {
    const { held, by, released } = this.#place;
    if (this.state.held !== undefined) return;
    if (held !== undefined && by !== this && !released) {
      const text = JSON.stringify(held.document);
      const { rival } = this.#apply({ type: 'rival read', text, atMs: this.#nowMs });
      if (this.#nowMs - (rival?.sinceMs ?? this.#nowMs) < PERIOD) return;
    }
    const fence = (held?.document.fence ?? 0) + 1;
    const taken = this.#timed(
      newDocument({ mirror: 'm', holder: holder(this.#name), fence, periodMs: PERIOD }, 0),
    );
    this.#apply({ type: 'take sent', held: taken });
    this.#store(taken);
    this.#apply({ type: 'taken', held: taken, atMs: this.#nowMs });
    expect(this.state).toMatchObject({ fence, rival: undefined });
  }

  /** Sends a renewal. Its answer comes later; without one it is lost when another process has the place. */
  renew(): void {
    const { held } = this.state;
    if (held === undefined) return;
    this.#apply({ type: 'renewal sent' });
    if (this.#place.by !== this) {
      this.#apply({ type: 'taken over', why: 'by another process' });
      return;
    }
    const next = this.#timed(renewed(this.#place.held?.document ?? held.document, 0));
    this.#store(next);
    this.#unanswered = next;
  }

  answer(): void {
    if (this.#unanswered !== undefined) this.#apply({ type: 'renewed', held: this.#unanswered });
    this.#unanswered = undefined;
  }

  due(): void {
    this.#apply({ type: 'renewal due' });
  }

  release(): void {
    if (this.state.held !== undefined && this.#place.by === this) this.#place.released = true;
    this.#unanswered = undefined;
    this.#apply({ type: 'released' });
  }

  get #clock() {
    return { monotonic: () => this.#nowMs, now: () => this.#nowMs + this.#aheadMs };
  }

  #timed(document: Held['document']): Held {
    const { monotonic, now } = this.#clock;
    const version = { etag: undefined, versionId: undefined };
    return { document, version, monotonicMs: monotonic(), wallMs: now() };
  }

  #store(held: Held): void {
    this.#place.held = held;
    this.#place.by = this;
    this.#place.released = false;
  }

  #apply(event: LeaseEvent) {
    const before = this.state;
    this.state = leaseStep(before, event);
    // Only a lease that is taken begins to be held, and no event but the three that end it takes it away.
    if (!before.held && this.state.held) expect(event.type).toBe('taken');
    if (before.held && !this.state.held)
      expect(['taken over', 'went back', 'released']).toContain(event.type);
    expect(this.state.fence).toBeGreaterThanOrEqual(before.fence);
    return this.state;
  }
}

const step = fc.record({
  who: fc.nat(1),
  does: fc.constantFrom('want', 'renew', 'answer', 'due', 'release', 'set clock', 'pass'),
  ms: fc.constantFrom(1, 0.2 * PERIOD, 0.4 * PERIOD, 0.8 * PERIOD, PERIOD, 3 * PERIOD),
  back: fc.boolean(),
});

it('lease: at most one of two processes may write at any time, whatever their clocks and answers do', () => {
  let writes = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const place: Place = { held: undefined, by: undefined, released: false };
      const processes = [new Process('a', place), new Process('b', place)];
      for (const { who, does, ms, back } of steps) {
        const process = processes[who];
        if (does === 'pass') for (const each of processes) each.pass(ms);
        if (does === 'set clock') process?.setClock(back ? -ms : ms);
        if (does === 'want') process?.want();
        if (does === 'renew') process?.renew();
        if (does === 'answer') process?.answer();
        if (does === 'due') process?.due();
        if (does === 'release') process?.release();
        const writers = processes.filter(({ mayWrite }) => mayWrite);
        writes += writers.length;
        expect(writers.length).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 300 },
  );
  expect(writes).toBeGreaterThan(1_000);
});
