import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { GuardState, Ledger, NameSet } from '../../state/ledger.js';
import type { Guarded, ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import { countingIndex } from './counting-index.js';
import { changeVerdicts, type HeldObject, heldObjects, sumOfHeld, withVerdict } from './held-records.js';
import { aged, totalOf, withChange, withoutChange } from './recent.js';
import { type Change, type GuardRule, isTooMuch, limitOf } from './rule.js';

/**
 * Stands between what was found to be due and the container: lets changes that destroy something pass as long as they are
 * few, and holds them once they are many. Uploads of anything else are none of its business.
 *
 * It is open, or it holds. Open, each delete and each suspicious overwrite is counted, durably and before it is done; what
 * would exceed the rule makes it hold. Holding, every one of them is held: recorded in the index, and left alone. It opens
 * again when somebody approves or rejects what is held, or when nothing is held any more because the files are back; time
 * alone never opens it. What was held is never done without an approval, whatever else happens.
 */
export interface Guard {
  /** Of records through which the guard sees what becomes of held objects; everything else must write through it too. */
  readonly index: ObjectIndex;
  /** Undefined while it is open. */
  readonly holding: { readonly sinceMs: number; readonly why: string } | undefined;
  /** Objects held, for each kind of change; `foreign`: extraneous objects, of which there is no record. */
  readonly held: { readonly deletes: number; readonly overwrites: number; readonly foreign: number };
  /**
   * Asks leave for one change, right before it is made. When it is not given, the index says so durably. `known` is the
   * object's record, undefined for an object that is not ours.
   */
  ask(change: Change, name: ObjectName, known: ObjectRecord | undefined): Promise<Leave>;
  /**
   * Tells how many deletes a scan has found, before the first is asked for: if they are too many, none of them passes.
   * `foreign` are the extraneous objects among them, undefined when the container was not listed. What this returns is
   * to be called when all of them have been seen to.
   */
  expect(deletes: number, foreign: NameSet | undefined): Promise<() => Promise<void>>;
  /** Opens when nothing is held any more. */
  settle(): Promise<void>;
  /** What is held, and the id that a decision has to name. */
  describe(): Promise<HeldDescription>;
  /** What is held, in the order of the names, after a name. Extraneous objects are not among them. */
  list(after?: ObjectName): AsyncIterable<HeldObject>;
  /**
   * Decides what is held, if it still is what `id` stands for. Resolves with the number of changes when that is durable.
   * Approved changes are made when they are found to be due again. Rejected deletes leave the object for good, unless
   * its file is back; rejected overwrites, until the file looks sound again.
   *
   * @throws HeldChangedError
   */
  approve(id: string): Promise<number>;
  reject(id: string): Promise<number>;
  /** Takes back every rejection: what was rejected is then found, and judged, anew. */
  undoRejections(): Promise<number>;
}

export type Leave =
  /** To be called when the change was not made after all, so that it does not count. */
  { readonly granted: true; giveBack(): Promise<void> } | { readonly granted: false };

export interface HeldDescription {
  /** Empty when nothing is held. */
  readonly id: string;
  readonly sinceMs: number | null;
  readonly why: string;
  readonly deletes: number;
  readonly overwrites: number;
  readonly foreign: number;
}

/** What is held is not what the decision was about. */
export class HeldChangedError extends Error {
  override readonly name = 'HeldChangedError';
}

export interface GuardOptions {
  readonly index: ObjectIndex;
  readonly ledger: Ledger;
  /** Undefined: everything passes. */
  readonly rule: GuardRule | undefined;
  readonly clock: Clock;
  /** Told when it begins to hold, and when it opens. */
  readonly told: (holding: boolean, why: string) => void;
}

const FREE: Leave = { granted: true, giveBack: () => Promise.resolve() };
const ID_LENGTH = 12;

export async function openGuard({ index: inner, ledger, rule, clock, told }: GuardOptions): Promise<Guard> {
  const counting = countingIndex(inner);
  const { index } = counting;
  const before = ledger.read().guard;
  let recent = before?.recent ?? [];
  let agedAtMs = clock.monotonic();
  if (before && rule) recent = aged(recent, clock.now() - before.asOfMs, rule.windowMs);
  let holding = before?.holding;
  let foreign = before?.foreign;
  let foreignApproved = before?.foreignApproved;
  /** The last reconcile found exactly the extraneous objects that were approved. */
  let foreignPasses = false;
  /** Runs that have told how much they found, and are not over: what they hold may not be held yet. */
  let runs = 0;
  let deciding: Promise<unknown> | undefined;

  if (holding && rule) {
    await recount();
    told(true, holding.why);
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
    };
    return ledger.update((document) => ({ ...document, guard }));
  }

  async function hold(why: string): Promise<void> {
    if (!holding) {
      holding = { sinceMs: clock.now(), why };
      counting.startFrom({ deletes: 0, overwrites: 0 });
      told(true, why);
    }
    await remember();
  }

  async function open(why: string): Promise<void> {
    holding = undefined;
    counting.stop();
    told(false, why);
    await remember();
  }

  function excess({ count, windowMs, ...rest }: GuardRule, asked: number): string {
    const { deletes, overwrites } = totalOf(recent);
    const limit = limitOf({ count, windowMs, ...rest }, index.count() + deletes);
    const earlier = deletes + overwrites === 0 ? '' : ` after ${deletes + overwrites} within the last ${windowMs / 60_000} minutes`;
    return `${asked} ${asked === 1 ? 'change that destroys' : 'changes that destroy'} something${earlier}; the guard lets ${limit} pass unasked`;
  }

  async function refuse(change: Change, name: ObjectName, known: ObjectRecord | undefined): Promise<Leave> {
    const verdict: Guarded = `${change}-held`;
    if (known && known.guarded !== verdict) await index.put(name, withVerdict(known, verdict));
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
    if (!holding || runs > 0 || deciding !== undefined || deletes + overwrites > 0 || foreign) return;
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
    if (now.id !== id) throw new HeldChangedError(`"${id}" is not what is held now (that is ${now.id}); look at it again`);
  }

  return {
    index,
    get holding() {
      return rule && holding;
    },
    get held() {
      return { ...counting.counts, foreign: (holding && foreign?.count) ?? 0 };
    },
    async ask(change, name, known) {
      if (!rule) return FREE;
      for (;;) {
        while (deciding !== undefined) await deciding;
        if (known?.guarded === `${change}-approved`) return FREE;
        if (!known && foreignPasses) return FREE;
        if (holding) return refuse(change, name, known);
        if (known?.guarded === `${change}-held`) {
          // The ledger was lost, or its last write was: the index knows better.
          await hold('changes that were held before and not decided');
          await decide(recount);
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
      if (!rule) return () => Promise.resolve();
      while (deciding !== undefined) await deciding;
      runs += 1;
      if (found) {
        foreignPasses = found.count > 0 && isSameSet(found, foreignApproved);
        if (!foreignPasses) foreignApproved = undefined;
      }
      const asked = deletes + (found && !foreignPasses ? found.count : 0);
      refreshRecent(rule.windowMs);
      if (!holding && asked > 0 && isTooMuch(rule, totalOf(recent), index.count(), asked)) await hold(excess(rule, asked));
      if (found && holding) {
        foreign = foreignPasses || found.count === 0 ? undefined : found;
        await remember();
      }
      return async () => {
        runs -= 1;
        await settle();
      };
    },
    settle,
    describe: () => decide(describe),
    list: (after) => heldObjects(index, after),
    approve: (id) =>
      decide(async () => {
        await expectId(id);
        const changed = await changeVerdicts(index, { 'delete-held': 'delete-approved', 'overwrite-held': 'overwrite-approved' });
        foreignApproved = foreign ?? foreignApproved;
        foreign = undefined;
        // Somebody has looked: what happened before is as it should be.
        recent = [];
        await open('what was held has been approved');
        return changed + (foreignApproved?.count ?? 0);
      }),
    reject: (id) =>
      decide(async () => {
        await expectId(id);
        const changed = await changeVerdicts(index, { 'delete-held': 'rejected', 'overwrite-held': 'rejected' });
        const kept = foreign?.count ?? 0;
        foreign = undefined;
        await open('what was held has been rejected: the objects are kept');
        return changed + kept;
      }),
    undoRejections: () => decide(() => changeVerdicts(index, { rejected: 'nothing' })),
  };
}

function isSameSet(a: NameSet, b: NameSet | undefined): boolean {
  return b !== undefined && a.count === b.count && a.digest === b.digest;
}
