import type { NameSet } from '../../state/ledger.js';
import { type GuardRule, isTooMuch, limitOf } from '../guard-rule.js';
import { judgeExtraneous } from './extraneous.js';
import type { GuardEvent, Moment } from './guard-event.js';
import type { GuardFacts } from './guard-facts.js';
import { aged, totalOf, withChange, withoutChange } from './recent.js';

/**
 * `free`: the change passes and does not count. `counted`: it passes. `held`: it does not. `again`: the guard holds now, and
 * is to be asked again. `recount`: the same, once it is known how many records are held. `each`: it is to be asked about each
 * of the changes.
 */
export type Answer = 'free' | 'counted' | 'held' | 'again' | 'recount' | 'each';

export interface GuardStep {
  readonly facts: GuardFacts;
  /** To `asked`. */
  readonly answer?: Answer;
  /** The caller goes on when the ledger has the facts. */
  readonly save?: true;
  /** Why the guard has opened. */
  readonly opened?: string;
}

/** A guard at work. */
export interface GuardMachine {
  readonly facts: GuardFacts;
  /** The only place that changes the facts: at once. `saved` resolves when the ledger has them, if the step is to be saved. */
  apply(event: GuardEvent): { readonly answer: Answer | undefined; readonly saved: Promise<void> };
}

const HELD_BEFORE = 'changes that were held before and not decided';
const MIXED = 'extraneous objects; deletes of some of them may have been rejected before';

/**
 * The guard of a mirror: off (it has no rule), open, or holding. Pure. While a person decides and while held records are
 * counted no event comes: changes and runs wait, and nothing is settled. Saved: the ledger has it before the caller goes on.
 *
 * | state   | event                                             | next state and effect                  |
 * | ------- | ------------------------------------------------- | -------------------------------------- |
 * | any     | delete of a rejected extraneous object            | same: held                             |
 * | off     | any other change                                  | off: passes                            |
 * | open    | change that was approved                          | open: passes                           |
 * | open    | delete of an approved extraneous object           | open: passes                           |
 * | open    | change whose record is held: the ledger was lost  | holding: saved, recounted, asked again |
 * | open    | change within the limit                           | open: saved, counts and passes         |
 * | open    | change beyond the limit                           | holding: saved, asked again            |
 * | holding | change that was approved                          | holding: passes                        |
 * | holding | delete of an approved extraneous object           | holding: passes                        |
 * | holding | any other change                                  | holding: held                          |
 * | off     | deletes together                                  | off: pass                              |
 * | open    | deletes together within the limit                 | open: saved, count and pass            |
 * | open    | deletes together beyond the limit                 | open: each asks for itself             |
 * | holding | deletes together                                  | holding: each asks for itself          |
 * | any     | a counted change was not made                     | same: saved, counts no more            |
 * | off     | run with extraneous objects after a rejection     | off: they stay                         |
 * | off     | any other run                                     | off: they do not                       |
 * | open    | run within the limit                              | open: one run more                     |
 * | open    | run beyond the limit                              | holding: saved, one run more           |
 * | open    | run with extraneous objects, perhaps rejected     | holding: saved, one run more           |
 * | holding | run that lists undecided extraneous objects       | holding: saved, these are held         |
 * | holding | run that lists no undecided extraneous object     | holding: saved, none is held           |
 * | holding | run that does not list the container              | holding: one run more                  |
 * | any     | a run ended                                       | same: one run less                     |
 * | off     | settled, and it held when it had a rule           | off: saved                             |
 * | open    | settled                                           | open: nothing                          |
 * | holding | settled, nothing is held, and no run goes on      | open: saved                            |
 * | holding | settled, anything is held or a run goes on        | holding: nothing                       |
 * | holding | approved                                          | open: saved, earlier changes forgotten |
 * | holding | rejected                                          | open: saved, extraneous objects stay   |
 * | any     | rejections undone                                 | same: saved, extraneous objects judged |
 */
export function guardStep(
  facts: GuardFacts,
  event: GuardEvent,
  rule: GuardRule | undefined,
): GuardStep {
  switch (event.type) {
    case 'asked':
      return asked(facts, event, rule);
    case 'asked together':
      return askedTogether(facts, event, rule);
    case 'refunded':
      return save({ ...facts, recent: withoutChange(facts.recent, event.change, event.amount) });
    case 'run began':
      return rule ? runBegan(facts, event, rule) : runWithoutRule(facts, event);
    case 'run ended':
      return { facts: { ...facts, runs: facts.runs - 1 } };
    case 'settled':
      return !facts.holding || facts.runs > 0 || event.held > 0 || facts.extraneousHeld
        ? { facts }
        : open(facts, 'nothing is held any more: the files are back');
    case 'approved':
      return open(approved(facts), 'what was held has been approved');
    case 'rejected':
      return open(rejected(facts), 'what was held has been rejected: the objects are kept');
    case 'rejections undone':
      return undone(facts);
  }
}

type EventOf<Type extends GuardEvent['type']> = Extract<GuardEvent, { readonly type: Type }>;

function asked(
  before: GuardFacts,
  { change, extraneous, guarded, at }: EventOf<'asked'>,
  rule: GuardRule | undefined,
): GuardStep {
  const facts = rule ? aging(before, at, rule) : before;
  if (extraneous && facts.verdict === 'stay') return { facts, answer: 'held' };
  if (!rule) return { facts, answer: 'free' };
  if (extraneous ? facts.verdict === 'pass' : guarded === `${change}-approved`)
    return { facts, answer: 'free' };
  if (facts.holding) return { facts, answer: 'held' };
  if (guarded === `${change}-held`)
    return { ...save(hold(facts, HELD_BEFORE, at)), answer: 'recount' };
  if (isTooMuch(rule, totalOf(facts.recent), at.objects, 1))
    return { ...save(hold(facts, excess(facts, 1, at, rule), at)), answer: 'again' };
  const recent = withChange(facts.recent, change, rule.windowMs);
  return { ...save({ ...facts, recent }), answer: 'counted' };
}

/** Only what passes as a whole is answered here: which of them passes last, and makes the guard hold, is for single questions. */
function askedTogether(
  before: GuardFacts,
  { deletes, at }: EventOf<'asked together'>,
  rule: GuardRule | undefined,
): GuardStep {
  if (!rule) return { facts: before, answer: 'free' };
  const facts = aging(before, at, rule);
  if (facts.holding || isTooMuch(rule, totalOf(facts.recent), at.objects, deletes))
    return { facts, answer: 'each' };
  const recent = withChange(facts.recent, 'delete', rule.windowMs, deletes);
  return { ...save({ ...facts, recent }), answer: 'counted' };
}

function runBegan(before: GuardFacts, event: EventOf<'run began'>, rule: GuardRule): GuardStep {
  const { deletes, extraneous, at } = event;
  const aged = aging({ ...before, runs: before.runs + 1 }, at, rule);
  const facts = extraneous ? judged(aged, extraneous) : aged;
  const undecided = facts.verdict === 'new' || facts.verdict === 'mixed' ? extraneous : undefined;
  const amount = deletes + (undecided?.count ?? 0);
  const why =
    amount > 0 && isTooMuch(rule, totalOf(facts.recent), at.objects, amount)
      ? excess(facts, amount, at, rule)
      : extraneous && facts.verdict === 'mixed' && MIXED;
  const next = why && !facts.holding ? hold(facts, why, at) : facts;
  if (next.holding && extraneous) return save({ ...next, extraneousHeld: undecided });
  return next === facts ? { facts } : save(next);
}

/** Without a rule no person is asked: if any of the extraneous objects were rejected, all of them stay. */
function runWithoutRule(facts: GuardFacts, { extraneous }: EventOf<'run began'>): GuardStep {
  if (!extraneous) return { facts };
  const verdict = extraneous.count > 0 && facts.extraneousRejected ? 'stay' : 'none';
  return { facts: { ...facts, verdict } };
}

/** With the verdict on the extraneous objects that were found. A decision about others is over. */
function judged(facts: GuardFacts, found: NameSet): GuardFacts {
  const { extraneousApproved: approved, extraneousRejected: rejected } = facts;
  const verdict = judgeExtraneous(found, { approved, rejected });
  return {
    ...facts,
    verdict,
    extraneousApproved: verdict === 'pass' ? approved : undefined,
    extraneousRejected: verdict === 'none' ? undefined : rejected,
  };
}

/** A person has checked the mirror: earlier changes do not count any more. */
function approved(facts: GuardFacts): GuardFacts {
  const { extraneousHeld: held } = facts;
  return {
    ...facts,
    recent: [],
    extraneousApproved: held ?? facts.extraneousApproved,
    extraneousRejected: held ? undefined : facts.extraneousRejected,
  };
}

function rejected(facts: GuardFacts): GuardFacts {
  const { extraneousHeld: held } = facts;
  return held ? { ...facts, verdict: 'stay', extraneousRejected: held } : facts;
}

function undone(facts: GuardFacts): GuardStep {
  const verdict = facts.verdict === 'stay' ? 'new' : facts.verdict;
  const next = { ...facts, verdict, extraneousRejected: undefined };
  return facts.extraneousRejected ? save(next) : { facts: next };
}

function hold(facts: GuardFacts, why: string, { nowMs }: Moment): GuardFacts {
  return { ...facts, holding: { sinceMs: nowMs, why } };
}

function open(facts: GuardFacts, opened: string): GuardStep {
  return { ...save({ ...facts, holding: undefined, extraneousHeld: undefined }), opened };
}

function save(facts: GuardFacts): GuardStep {
  return { facts, save: true };
}

function aging(facts: GuardFacts, { passedMs }: Moment, { windowMs }: GuardRule): GuardFacts {
  return { ...facts, recent: aged(facts.recent, passedMs, windowMs) };
}

/** Why so many changes are held. */
function excess(
  { recent }: GuardFacts,
  amount: number,
  { objects }: Moment,
  rule: GuardRule,
): string {
  const { deletes, overwrites } = totalOf(recent);
  const limit = limitOf(rule, objects + deletes);
  const earlier =
    deletes + overwrites === 0
      ? ''
      : ` after ${deletes + overwrites} within the last ${rule.windowMs / 60_000} minutes`;
  return `${amount} ${amount === 1 ? 'change that destroys' : 'changes that destroy'} something${earlier}; the guard lets ${limit} pass unasked`;
}
