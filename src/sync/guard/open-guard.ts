import type { Clock } from '../../clock.js';
import type { Ledger, NameSet } from '../../state/ledger.js';
import type { Guarded, ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import { type Change, type GuardRule, isTooMuch, limitOf } from '../guard-rule.js';
import { countingIndex } from './counting-index.js';
import { createDecisions, createTurns, type Turns } from './decisions.js';
import { judgeExtraneous } from './extraneous.js';
import { FREE, type Guard, type Permit } from './guard.js';
import { type GuardMemory, openGuardMemory } from './guard-memory.js';
import { heldObjects, withVerdict } from './held-records.js';
import { totalOf, withChange, withoutChange } from './recent.js';

export interface GuardOptions {
  readonly index: ObjectIndex;
  readonly ledger: Ledger;
  /** Undefined: everything passes. */
  readonly rule: GuardRule | undefined;
  readonly clock: Clock;
  /** Called when the guard begins to hold, and when it opens. */
  readonly listener: (holding: boolean, why: string) => void;
}

const MIXED = 'extraneous objects; deletes of some of them may have been rejected before';

/**
 * | state   | event                                      | next state and effect                                |
 * | ------- | ------------------------------------------ | ---------------------------------------------------- |
 * | open    | a change, within the limit                 | open: it passes, and is counted                      |
 * | open    | a change, beyond the limit                 | holding: it is held                                  |
 * | open    | a change whose record says that it is held | holding: it is held; the ledger was lost             |
 * | open    | a scan expects deletes beyond the limit    | holding                                              |
 * | any     | a change that was approved                 | the same: it passes, and is not counted              |
 * | holding | any other change                           | holding: it is held                                  |
 * | holding | approve, reject                            | open                                                 |
 * | holding | settle, when nothing is held any more      | open                                                 |
 */
export async function openGuard(options: GuardOptions): Promise<Guard> {
  const { ledger, rule, clock, listener } = options;
  const counting = countingIndex(options.index);
  const { index } = counting;
  const memory = openGuardMemory({ counting, ledger, rule, clock, listener });
  const { facts } = memory;
  const turns = createTurns();
  /** Runs that have reported how much they found, and are not over: they may still add to what is held. */
  let runs = 0;

  if (facts.holding && rule) {
    await memory.recount();
    listener(true, facts.holding.why);
  }

  async function settle(): Promise<void> {
    const { deletes, overwrites } = counting.counts;
    const isAnyHeld = deletes + overwrites > 0 || facts.foreign;
    if (!facts.holding || runs > 0 || turns.deciding !== undefined || isAnyHeld) return;
    await memory.open('nothing is held any more: the files are back');
  }

  return {
    index,
    get extraneousStays() {
      return facts.verdict === 'stay';
    },
    get holding() {
      return rule && facts.holding;
    },
    get held() {
      return { ...counting.counts, foreign: (facts.holding && facts.foreign?.count) ?? 0 };
    },
    async ask(change, name, known) {
      if (!known && facts.verdict === 'stay') return { granted: false };
      return rule ? ask(rule, { change, name, known }, index, memory, turns) : FREE;
    },
    async expect(deletes, found) {
      if (!rule) {
        // Without a rule no person is asked: if any of them were rejected, all of them stay.
        if (found) facts.verdict = found.count > 0 && facts.foreignRejected ? 'stay' : 'none';
        return () => Promise.resolve();
      }
      while (turns.deciding !== undefined) await turns.deciding;
      const over = () => {
        runs -= 1;
        return settle();
      };
      runs += 1;
      try {
        await judge(rule, deletes, found, index, memory);
        return over;
      } catch (error) {
        await over();
        throw error;
      }
    },
    settle,
    list: (after) => heldObjects(index, after),
    ...createDecisions(index, memory, turns),
  };
}

interface Question {
  readonly change: Change;
  readonly name: ObjectName;
  readonly known: ObjectRecord | undefined;
}

async function ask(
  rule: GuardRule,
  { change, name, known }: Question,
  index: ObjectIndex,
  memory: GuardMemory,
  turns: Turns,
): Promise<Permit> {
  const { facts, hold } = memory;
  for (;;) {
    while (turns.deciding !== undefined) await turns.deciding;
    if (known?.guarded === `${change}-approved`) return FREE;
    if (!known && facts.verdict === 'pass') return FREE;
    if (facts.holding) return refuse(change, name, known, index);
    if (known?.guarded === `${change}-held`) {
      // The ledger, or its last write, was lost. The index is right.
      await turns.decide(async () => {
        if (facts.holding) return;
        await hold('changes that were held before and not decided');
        await memory.recount();
      });
      continue;
    }
    memory.refreshRecent(rule.windowMs);
    if (isTooMuch(rule, totalOf(facts.recent), index.count(), 1)) {
      await hold(excess(rule, 1, index, memory));
      continue;
    }
    facts.recent = withChange(facts.recent, change, rule.windowMs);
    await memory.remember();
    const giveBack = () => {
      facts.recent = withoutChange(facts.recent, change);
      return memory.remember();
    };
    return { granted: true, giveBack };
  }
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

/** Judges what a run has found: `deletes` of objects with records, and extraneous objects where they were listed. */
async function judge(
  rule: GuardRule,
  deletes: number,
  found: NameSet | undefined,
  index: ObjectIndex,
  memory: GuardMemory,
): Promise<void> {
  const { facts, hold } = memory;
  if (found) {
    const { foreignApproved: approved, foreignRejected: rejected } = facts;
    facts.verdict = judgeExtraneous(found, { approved, rejected });
    if (facts.verdict !== 'pass') facts.foreignApproved = undefined;
    if (facts.verdict === 'none') facts.foreignRejected = undefined;
  }
  const isUndecided = facts.verdict === 'new' || facts.verdict === 'mixed';
  const asked = deletes + (found && isUndecided ? found.count : 0);
  memory.refreshRecent(rule.windowMs);
  if (!facts.holding && asked > 0 && isTooMuch(rule, totalOf(facts.recent), index.count(), asked))
    await hold(excess(rule, asked, index, memory));
  if (!facts.holding && found && facts.verdict === 'mixed') await hold(MIXED);
  if (!found || !facts.holding) return;
  facts.foreign = isUndecided ? found : undefined;
  await memory.remember();
}

/** Why so many changes are held. */
function excess(
  rule: GuardRule,
  asked: number,
  index: Pick<ObjectIndex, 'count'>,
  { facts }: GuardMemory,
): string {
  const { deletes, overwrites } = totalOf(facts.recent);
  const limit = limitOf(rule, index.count() + deletes);
  const earlier =
    deletes + overwrites === 0
      ? ''
      : ` after ${deletes + overwrites} within the last ${rule.windowMs / 60_000} minutes`;
  return `${asked} ${asked === 1 ? 'change that destroys' : 'changes that destroy'} something${earlier}; the guard lets ${limit} pass unasked`;
}
