import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Guarded } from '../../../src/state/object-index.js';
import type { GuardEvent } from '../../../src/sync/guard/guard-event.js';
import { factsIn, type GuardFacts, ledgerFormOf } from '../../../src/sync/guard/guard-facts.js';
import { guardStep } from '../../../src/sync/guard/guard-step.js';
import type { Change, GuardRule } from '../../../src/sync/guard-rule.js';

const RULE: GuardRule = { count: 5, share: 1, atLeast: 0, windowMs: 3_600_000 };
const SETS = ['none', 'a', 'b'].map((digest, count) => ({ count: 3 * count, digest }));

type Happening =
  | { readonly type: 'ask'; readonly change: Change; readonly name: number }
  | { readonly type: 'ask extraneous' | 'refund' | 'run over' | 'settle' | 'restart' }
  | { readonly type: 'approve' | 'reject' | 'undo' | 'ledger lost' }
  | { readonly type: 'file back'; readonly name: number }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'run'; readonly deletes: number; readonly found: number | undefined };

const name = fc.nat(11);
const change = fc.constantFrom<Change>('delete', 'overwrite');
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('ask' as const), change, name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('file back' as const), name }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('pass' as const),
      ms: fc.constantFrom(1, RULE.windowMs / 60, RULE.windowMs / 2, RULE.windowMs),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('run' as const),
      deletes: fc.nat(8),
      found: fc.option(fc.nat(SETS.length - 1), { nil: undefined }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'ask extraneous' as const,
        'refund' as const,
        'run over' as const,
        'settle' as const,
        'approve' as const,
        'reject' as const,
        'undo' as const,
        'restart' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ledger lost' as const) }) },
);

/** A mirror of 100 objects, whose records and guard outlive its processes, and what a person has decided about each object. */
class World {
  #facts: GuardFacts = factsIn(undefined, RULE, 0);
  /** What the records say. */
  readonly #marks = new Map<number, Guarded>();
  /** The held records that the guard has counted. */
  #counted = new Set<number>();
  #nowMs = 0;
  #judgedAtMs = 0;
  /** Changes that passed without an approval, newest last, since a person has checked the mirror. */
  #made: { readonly change: Change; readonly atMs: number }[] = [];
  /** The set of extraneous objects that the last reconcile found, and whether a person approved exactly it. */
  #found = SETS[0];
  #approvedSet: string | undefined;

  happen(now: Happening): void {
    switch (now.type) {
      case 'ask':
        this.#ask(now.change, now.name);
        break;
      case 'ask extraneous':
        this.#askExtraneous();
        break;
      case 'file back':
        this.#marks.delete(now.name);
        this.#counted.delete(now.name);
        break;
      case 'pass':
        this.#nowMs += now.ms;
        break;
      case 'refund':
        this.#refund();
        break;
      case 'run':
        this.#run(now.deletes, now.found);
        break;
      case 'run over':
        if (this.#facts.runs > 0) this.#apply({ type: 'run ended' });
        break;
      case 'settle':
        this.#apply({ type: 'settled', held: this.#counted.size });
        break;
      case 'approve':
        this.#decide('approved');
        break;
      case 'reject':
        this.#decide('rejected');
        break;
      case 'undo':
        for (const [each, mark] of this.#marks) if (mark === 'rejected') this.#marks.delete(each);
        this.#apply({ type: 'rejections undone' });
        break;
      case 'restart':
        this.#facts = factsIn(ledgerFormOf(this.#facts, this.#nowMs), RULE, this.#nowMs);
        if (this.#facts.holding) this.#recount();
        break;
      case 'ledger lost':
        this.#facts = factsIn(undefined, RULE, this.#nowMs);
        this.#made = [];
        this.#approvedSet = undefined;
    }
  }

  expectLegal(): void {
    const { holding, extraneousHeld, extraneousApproved, extraneousRejected, verdict, runs } =
      this.#facts;
    expect(runs).toBeGreaterThanOrEqual(0);
    if (!holding) expect(extraneousHeld).toBeUndefined();
    if (verdict === 'pass') expect(extraneousApproved).toEqual(this.#found);
    if (verdict === 'stay') expect(extraneousRejected).toEqual(this.#found);
    if (extraneousHeld) expect(extraneousHeld.count).toBeGreaterThan(0);
  }

  #ask(change: Change, name: number): void {
    const guarded = this.#marks.get(name);
    // The jobs do not ask about a change that was rejected.
    if (guarded === 'rejected') return;
    const wasHolding = this.#facts.holding !== undefined;
    const answer = this.#answerTo({ change, extraneous: false, guarded });
    const isApproved = guarded === `${change}-approved`;
    if (answer === 'held') {
      this.#marks.set(name, `${change}-held`);
      this.#counted.add(name);
      expect(isApproved).toBe(false);
      return;
    }
    expect(answer).toBe(isApproved ? 'free' : 'counted');
    if (answer === 'counted') {
      expect(wasHolding, 'what holds lets pass what a person approved, and nothing else').toBe(
        false,
      );
      expect(guarded, 'what was held passes after an approval only').not.toBe(`${change}-held`);
      this.#count(change);
    }
    this.#marks.delete(name);
    this.#counted.delete(name);
  }

  #askExtraneous(): void {
    const wasHolding = this.#facts.holding !== undefined;
    const answer = this.#answerTo({ change: 'delete', extraneous: true, guarded: undefined });
    if (answer === 'free') expect(this.#approvedSet).toBe(this.#found?.digest);
    if (answer !== 'counted') return;
    expect(wasHolding).toBe(false);
    this.#count('delete');
  }

  #count(change: Change): void {
    this.#made.push({ change, atMs: this.#nowMs });
    const within = this.#made.filter(({ atMs }) => this.#nowMs - atMs < RULE.windowMs);
    expect(within.length).toBeLessThanOrEqual(RULE.count);
  }

  #refund(): void {
    const last = this.#made.pop();
    if (last) this.#apply({ type: 'refunded', change: last.change, amount: 1 });
  }

  #run(deletes: number, found: number | undefined): void {
    const extraneous = found === undefined ? undefined : SETS[found];
    this.#found = extraneous ?? this.#found;
    // An approval is for the set that was approved: another one ends it.
    if (extraneous && extraneous.digest !== this.#approvedSet) this.#approvedSet = undefined;
    this.#apply({ type: 'run began', deletes, extraneous, at: this.#moment() });
  }

  #decide(type: 'approved' | 'rejected'): void {
    if (!this.#facts.holding) return;
    const decided = (held: Guarded): Guarded =>
      type === 'rejected'
        ? 'rejected'
        : held === 'delete-held'
          ? 'delete-approved'
          : 'overwrite-approved';
    for (const [name, mark] of this.#marks)
      if (mark.endsWith('-held')) this.#marks.set(name, decided(mark));
    if (type === 'approved') {
      this.#made = [];
      this.#approvedSet = this.#facts.extraneousHeld?.digest ?? this.#approvedSet;
    }
    this.#apply({ type });
  }

  #answerTo(
    question: Pick<Extract<GuardEvent, { type: 'asked' }>, 'change' | 'extraneous' | 'guarded'>,
  ) {
    for (let times = 0; times < 3; times += 1) {
      const answer = this.#apply({ type: 'asked', ...question, at: this.#moment() });
      if (answer === 'recount') this.#recount();
      else if (answer !== 'again') return answer;
    }
    throw new Error('the guard is asked again and again');
  }

  #recount(): void {
    const held = [...this.#marks].filter(([, mark]) => mark.endsWith('-held'));
    this.#counted = new Set(held.map(([each]) => each));
  }

  #moment() {
    const passedMs = this.#nowMs - this.#judgedAtMs;
    this.#judgedAtMs = this.#nowMs;
    return { nowMs: this.#nowMs, passedMs, objects: 100 };
  }

  #apply(event: GuardEvent) {
    const before = this.#facts;
    const { facts, answer, opened } = guardStep(before, event, RULE);
    this.#facts = facts;
    if (facts.holding && !before.holding) this.#counted = new Set();
    if (before.holding && !facts.holding) {
      expect(opened).toBeDefined();
      expect(['settled', 'approved', 'rejected']).toContain(event.type);
      if (event.type === 'settled') expect(this.#counted.size + facts.runs).toBe(0);
    }
    return answer;
  }
}

it('P4: guard: never lets pass what was held and not approved, nor more than the limit, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 120, size: 'max' }), (happenings) => {
      const world = new World();
      for (const now of happenings) {
        world.happen(now);
        world.expectLegal();
      }
    }),
    { numRuns: 200 },
  );
});
