import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { GuardState, Ledger, NameSet } from '../../state/ledger.js';
import type { Guarded, ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import { type Change, type GuardRule, isTooMuch, limitOf } from '../guard-rule.js';
import { countingIndex } from './counting-index.js';
import { type ExtraneousVerdict, judgeExtraneous } from './extraneous.js';
import { FREE, type Guard, HeldChangedError, type HeldDescription, type Permit } from './guard.js';
import { changeVerdicts, heldObjects, sumOfHeld, withVerdict } from './held-records.js';
import { aged, totalOf, withChange, withoutChange } from './recent.js';

export interface GuardOptions {
  readonly index: ObjectIndex;
  readonly ledger: Ledger;
  /** Undefined: everything passes. */
  readonly rule: GuardRule | undefined;
  readonly clock: Clock;
  /** Told when it begins to hold, and when it opens. */
  readonly listener: (holding: boolean, why: string) => void;
}

const ID_LENGTH = 12;
const MIXED = 'extraneous objects, some of which may be those whose deletes were rejected before';

export async function openGuard({
  index: inner,
  ledger,
  rule,
  clock,
  listener,
}: GuardOptions): Promise<Guard> {
  const counting = countingIndex(inner);
  const { index } = counting;
  const before = ledger.read().guard;
  let recent = before?.recent ?? [];
  let agedAtMs = clock.monotonic();
  if (before && rule) recent = aged(recent, clock.now() - before.asOfMs, rule.windowMs);
  let holding = before?.holding;
  let foreign = before?.foreign;
  let foreignApproved = before?.foreignApproved;
  let foreignRejected = before?.foreignRejected;
  /** Of the extraneous objects that the last reconcile found. */
  let verdict: ExtraneousVerdict = 'none';
  /** Runs that have told how much they found, and are not over: what they hold may not be held yet. */
  let runs = 0;
  let deciding: Promise<unknown> | undefined;

  if (holding && rule) {
    await recount();
    listener(true, holding.why);
  }

  async function recount(): Promise<void> {
    counting.startFrom(await sumOfHeld(index));
  }

  function refreshRecent(windowMs: number): void {
    const nowMs = clock.monotonic();
    recent = aged(recent, nowMs - agedAtMs, windowMs);
    agedAtMs = nowMs;
  }

  /** Resolves when the ledger has it. */
  function remember(): Promise<void> {
    const guard: GuardState = {
      asOfMs: clock.now(),
      recent,
      ...(holding && { holding }),
      ...(foreign && { foreign }),
      ...(foreignApproved && { foreignApproved }),
      ...(foreignRejected && { foreignRejected }),
    };
    return ledger.update((document) => ({ ...document, guard }));
  }

  async function hold(why: string): Promise<void> {
    if (!holding) {
      holding = { sinceMs: clock.now(), why };
      counting.startFrom({ deletes: 0, overwrites: 0 });
      listener(true, why);
    }
    await remember();
  }

  async function open(why: string): Promise<void> {
    holding = undefined;
    counting.stop();
    listener(false, why);
    await remember();
  }

  function excess(of: GuardRule, asked: number): string {
    const { deletes, overwrites } = totalOf(recent);
    const limit = limitOf(of, index.count() + deletes);
    const earlier =
      deletes + overwrites === 0
        ? ''
        : ` after ${deletes + overwrites} within the last ${of.windowMs / 60_000} minutes`;
    return `${asked} ${asked === 1 ? 'change that destroys' : 'changes that destroy'} something${earlier}; the guard lets ${limit} pass unasked`;
  }

  async function judge(of: GuardRule, deletes: number, found: NameSet | undefined): Promise<void> {
    if (found) {
      verdict = judgeExtraneous(found, { approved: foreignApproved, rejected: foreignRejected });
      if (verdict !== 'pass') foreignApproved = undefined;
      if (verdict === 'none') foreignRejected = undefined;
    }
    const isOpen = verdict === 'new' || verdict === 'mixed';
    const asked = deletes + (found && isOpen ? found.count : 0);
    refreshRecent(of.windowMs);
    if (!holding && asked > 0 && isTooMuch(of, totalOf(recent), index.count(), asked))
      await hold(excess(of, asked));
    if (!holding && found && verdict === 'mixed') await hold(MIXED);
    if (!found || !holding) return;
    foreign = isOpen ? found : undefined;
    await remember();
  }

  /** Not without saying so durably. An object that has made room for another while the guard was asked is gone with its record. */
  async function refuse(
    change: Change,
    name: ObjectName,
    known: ObjectRecord | undefined,
  ): Promise<Permit> {
    const verdict: Guarded = `${change}-held`;
    const now = change === 'delete' ? known && index.get(name) : known;
    if (now && now.guarded !== verdict) await index.put(name, withVerdict(now, verdict));
    return { granted: false };
  }

  /** One decision at a time, and nothing is held or let pass meanwhile. */
  async function decide<T>(work: () => Promise<T>): Promise<T> {
    while (deciding !== undefined) await deciding;
    const working = work();
    deciding = working.catch(() => undefined);
    try {
      return await working;
    } finally {
      deciding = undefined;
    }
  }

  async function settle(): Promise<void> {
    const { deletes, overwrites } = counting.counts;
    if (!holding || runs > 0 || deciding !== undefined || deletes + overwrites > 0 || foreign)
      return;
    await open('nothing is held any more: the files are back');
  }

  async function describe(): Promise<HeldDescription> {
    if (!holding) return { id: '', sinceMs: null, why: '', deletes: 0, overwrites: 0, foreign: 0 };
    const { digest, deletes, overwrites } = await sumOfHeld(index);
    const id = createHash('sha256')
      .update(digest)
      .update(foreign?.digest ?? '')
      .digest('hex')
      .slice(0, ID_LENGTH);
    return { id, ...holding, deletes, overwrites, foreign: foreign?.count ?? 0 };
  }

  async function expectId(id: string): Promise<void> {
    const now = await describe();
    if (now.id === '') throw new HeldChangedError('nothing is held');
    if (now.id !== id)
      throw new HeldChangedError(
        `"${id}" is not what is held now (that is ${now.id}); look at it again`,
      );
  }

  return {
    index,
    get extraneousStays() {
      return verdict === 'stay';
    },
    get holding() {
      return rule && holding;
    },
    get held() {
      return { ...counting.counts, foreign: (holding && foreign?.count) ?? 0 };
    },
    async ask(change, name, known) {
      if (!known && verdict === 'stay') return { granted: false };
      if (!rule) return FREE;
      for (;;) {
        while (deciding !== undefined) await deciding;
        if (known?.guarded === `${change}-approved`) return FREE;
        if (!known && verdict === 'pass') return FREE;
        if (holding) return refuse(change, name, known);
        if (known?.guarded === `${change}-held`) {
          // The ledger was lost, or its last write was: the index knows better.
          await decide(async () => {
            if (holding) return;
            await hold('changes that were held before and not decided');
            await recount();
          });
          continue;
        }
        refreshRecent(rule.windowMs);
        if (isTooMuch(rule, totalOf(recent), index.count(), 1)) {
          await hold(excess(rule, 1));
          continue;
        }
        recent = withChange(recent, change, rule.windowMs);
        await remember();
        const giveBack = () => {
          recent = withoutChange(recent, change);
          return remember();
        };
        return { granted: true, giveBack };
      }
    },
    async expect(deletes, found) {
      if (!rule) {
        // Nobody can be asked which of them they are: then all of them stay.
        if (found) verdict = found.count > 0 && foreignRejected ? 'stay' : 'none';
        return () => Promise.resolve();
      }
      while (deciding !== undefined) await deciding;
      const over = () => {
        runs -= 1;
        return settle();
      };
      runs += 1;
      try {
        await judge(rule, deletes, found);
        return over;
      } catch (error) {
        await over();
        throw error;
      }
    },
    settle,
    describe: () => decide(describe),
    list: (after) => heldObjects(index, after),
    approve: (id) =>
      decide(async () => {
        await expectId(id);
        const changed = await changeVerdicts(index, {
          'delete-held': 'delete-approved',
          'overwrite-held': 'overwrite-approved',
        });
        foreignApproved = foreign ?? foreignApproved;
        if (foreign) foreignRejected = undefined;
        const passing = foreign?.count ?? 0;
        foreign = undefined;
        // Somebody has looked: what happened before is as it should be.
        recent = [];
        await open('what was held has been approved');
        return changed + passing;
      }),
    reject: (id) =>
      decide(async () => {
        await expectId(id);
        const changed = await changeVerdicts(index, {
          'delete-held': 'rejected',
          'overwrite-held': 'rejected',
        });
        const kept = foreign?.count ?? 0;
        if (foreign) {
          foreignRejected = foreign;
          verdict = 'stay';
        }
        foreign = undefined;
        await open('what was held has been rejected: the objects are kept');
        return changed + kept;
      }),
    undoRejections: () =>
      decide(async () => {
        const changed = await changeVerdicts(index, { rejected: 'nothing' });
        const asked = foreignRejected?.count ?? 0;
        foreignRejected = undefined;
        if (verdict === 'stay') verdict = 'new';
        if (asked > 0) await remember();
        return changed + asked;
      }),
  };
}
