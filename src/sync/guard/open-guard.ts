import type { Clock } from '../../clock.js';
import type { Ledger } from '../../state/ledger.js';
import type { Guarded, ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { Change, GuardRule } from '../guard-rule.js';
import { type CountingIndex, countingIndex } from './counting-index.js';
import { createDecisions, createTurns } from './decisions.js';
import { FREE, type Guard, type Permit, type PermitForMany } from './guard.js';
import type { Moment } from './guard-event.js';
import { factsIn, ledgerFormOf } from './guard-facts.js';
import { type GuardMachine, guardStep } from './guard-step.js';
import { heldObjects, holdDeletes, sumOfHeld, withVerdict } from './held-records.js';

export interface GuardOptions {
  readonly index: ObjectIndex;
  readonly ledger: Ledger;
  /** Undefined: everything passes. */
  readonly rule: GuardRule | undefined;
  readonly clock: Clock;
  /** Called when the guard begins to hold, and when it opens. */
  readonly listener: (holding: boolean, why: string) => void;
}

export async function openGuard(options: GuardOptions): Promise<Guard> {
  const { rule, clock, listener } = options;
  const counting = countingIndex(options.index);
  const { index } = counting;
  const machine = createMachine(counting, options);
  const { apply } = machine;
  const turns = createTurns();
  const moment = createMoments(clock, index);

  const recount = async () => counting.countFrom(await sumOfHeld(index));
  if (machine.facts.holding && rule) {
    await recount();
    listener(true, machine.facts.holding.why);
  }

  async function ask(
    change: Change,
    name: ObjectName,
    known: ObjectRecord | undefined,
  ): Promise<Permit> {
    const question = { change, extraneous: known === undefined, guarded: known?.guarded };
    for (;;) {
      while (turns.deciding !== undefined) await turns.deciding;
      const { answer, saved } = apply({ type: 'asked', ...question, at: moment() });
      if (answer === 'held') {
        // In the turn of the question: a person who decides while the ledger is saved has been shown this change.
        const [permit] = await Promise.all([refuse(change, name, known, index), saved]);
        return permit;
      }
      if (answer === 'recount') await turns.decide(() => saved.then(recount));
      await saved;
      if (answer === 'free') return FREE;
      if (answer === 'counted') return { granted: true, refund: () => refund(change, 1) };
    }
  }

  const refund = (change: Change, amount: number) =>
    apply({ type: 'refunded', change, amount }).saved;

  async function askTogether(deletes: number): Promise<PermitForMany | undefined> {
    while (turns.deciding !== undefined) await turns.deciding;
    const { answer, saved } = apply({ type: 'asked together', deletes, at: moment() });
    if (answer === 'each') return undefined;
    await saved;
    return {
      refund: (amount) => (answer === 'free' ? Promise.resolve() : refund('delete', amount)),
    };
  }

  async function settle(): Promise<void> {
    if (!machine.facts.holding || turns.deciding !== undefined) return;
    const { deletes, overwrites } = counting.counts;
    await apply({ type: 'settled', held: deletes + overwrites }).saved;
  }

  function endRun(): Promise<void> {
    apply({ type: 'run ended' });
    return settle();
  }

  return {
    index,
    get extraneousStays() {
      return machine.facts.verdict === 'stay';
    },
    get holding() {
      return rule && machine.facts.holding;
    },
    get held() {
      const { holding, extraneousHeld } = machine.facts;
      return { ...counting.counts, extraneous: (holding && extraneousHeld?.count) ?? 0 };
    },
    ask,
    askTogether,
    async expect(deletes, extraneous) {
      while (turns.deciding !== undefined) await turns.deciding;
      try {
        await apply({ type: 'run began', deletes, extraneous, at: moment() }).saved;
      } catch (error) {
        await endRun();
        throw error;
      }
      return rule ? endRun : () => Promise.resolve();
    },
    holdAll(names) {
      if (!rule || !machine.facts.holding || turns.deciding !== undefined) return undefined;
      return holdDeletes(index, names);
    },
    settle,
    list: (after) => heldObjects(index, after),
    get heldVersion() {
      const { holding, extraneousHeld } = machine.facts;
      return [counting.version, holding?.sinceMs, extraneousHeld?.digest].join(' ');
    },
    ...createDecisions(index, machine, turns),
  };
}

/** Each moment is for one event: the next measures its time from there. */
function createMoments(clock: Clock, index: Pick<ObjectIndex, 'count'>): () => Moment {
  let judgedAtMs = clock.monotonic();
  return () => {
    const sinceMs = judgedAtMs;
    judgedAtMs = clock.monotonic();
    return { nowMs: clock.now(), passedMs: judgedAtMs - sinceMs, objects: index.count() };
  };
}

/** The guard whose states and events are in guard-step.ts, with the effects of its steps. */
function createMachine(
  counting: CountingIndex,
  { ledger, rule, clock, listener }: GuardOptions,
): GuardMachine {
  let facts = factsIn(ledger.read().guard, rule, clock.now());

  function save(): Promise<void> {
    const guard = ledgerFormOf(facts, clock.now());
    return ledger.update((document) => ({ ...document, guard }));
  }

  return {
    get facts() {
      return facts;
    },
    apply(event) {
      const before = facts;
      const step = guardStep(before, event, rule);
      facts = step.facts;
      if (facts.holding && !before.holding) {
        counting.countFrom({ deletes: 0, overwrites: 0 });
        listener(true, facts.holding.why);
      }
      if (step.opened !== undefined) {
        counting.countFrom(undefined);
        listener(false, step.opened);
      }
      return { answer: step.answer, saved: step.save ? save() : Promise.resolve() };
    },
  };
}

/** Resolves when the index has it. An object that was deleted while the guard was asked is gone with its record. */
async function refuse(
  change: Change,
  name: ObjectName,
  known: ObjectRecord | undefined,
  index: ObjectIndex,
): Promise<Permit> {
  const verdict: Guarded = `${change}-held`;
  const now = change === 'delete' ? known && index.get(name) : known;
  if (now && now.guarded !== verdict) await index.put(name, withVerdict(now, verdict));
  return { granted: false };
}
