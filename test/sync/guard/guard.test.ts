import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Ledger } from '../../../src/state/ledger.js';
import { openState, type State } from '../../../src/state/open-state.js';
import { type Guard, HeldChangedError } from '../../../src/sync/guard/guard.js';
import { openGuard } from '../../../src/sync/guard/open-guard.js';
import type { GuardRule } from '../../../src/sync/guard/rule.js';
import { type FakeClock, fakeClock } from '../../fakes/clock.js';
import { record } from '../../state/fixtures.js';

const RULE: GuardRule = { count: 5, share: 1, atLeast: 0, windowMs: 3_600_000 };
const NO_FOREIGN = { count: 0, digest: '' };

interface Opened {
  readonly rule: GuardRule | null;
  /** So many of the next writes of the ledger fail. */
  readonly failing?: number;
}

interface Kept {
  readonly clock: FakeClock & { jump(ms: number): void };
  /** The guard of a new process: the one before is gone. */
  reopen(as?: Opened): Promise<Guard>;
  readonly told: boolean[];
}

/** A guard on a state that outlives it, in a mirror of 100 objects. */
async function keep({ rule = RULE }: { readonly rule?: GuardRule | null } = {}): Promise<Kept> {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-guard-'));
  let jumped = 0;
  const standing = fakeClock();
  const clock = {
    ...standing,
    now: () => standing.now() + jumped,
    jump(ms: number) {
      jumped += ms;
    },
  };
  let state: State | undefined;
  const told: boolean[] = [];
  const open = async (as: Opened = { rule }) => {
    await state?.close();
    state = await openState({ folder, mirrors: [{ name: 'm', engine: 'lmdb' }], clock: systemClock });
    const store = state.mirrors.get('m');
    if (!store) throw new Error('no state was opened');
    let failing = as.failing ?? 0;
    const ledger: Ledger = {
      ...store.ledger,
      async update(change) {
        failing -= 1;
        if (failing >= 0) throw new Error('disk full');
        await store.ledger.update(change);
      },
    };
    return {
      store,
      guard: await openGuard({ ...store, ledger, rule: as.rule ?? undefined, clock, told: (holding) => told.push(holding) }),
    };
  };
  const { store } = await open();
  await Promise.all(Array.from({ length: 100 }, (_, at) => store.index.put(nameOf(at), record())));
  onTestFinished(async () => {
    await state?.close();
    rmSync(folder, { recursive: true });
  });
  return { clock, told, reopen: async (as) => (await open(as)).guard };
}

const nameOf = (at: number) => `f${String(at).padStart(3, '0')}`;

/** Asks for a delete and makes it when it may be made. */
async function remove(guard: Guard, name: string): Promise<boolean> {
  const leave = await guard.ask('delete', name, guard.index.get(name));
  if (leave.granted) await guard.index.remove(name);
  return leave.granted;
}

async function removeSome(guard: Guard, from: number, amount: number): Promise<number> {
  let granted = 0;
  for (let at = from; at < from + amount; at += 1) granted += Number(await remove(guard, nameOf(at)));
  return granted;
}

async function namesHeld(guard: Guard): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, change } of guard.list()) names.push(`${change} ${name}`);
  return names;
}

describe('P4: the guard', () => {
  test('lets a few pass, then holds all', async () => {
    const { reopen, told } = await keep();
    const guard = await reopen();
    expect(await removeSome(guard, 0, 8)).toBe(5);
    expect(guard.holding?.why).toMatch(/1 change that destroys something after 5 within the last 60 minutes; the guard lets 5 pass/);
    expect(guard.held).toEqual({ deletes: 3, overwrites: 0, foreign: 0 });
    expect(await namesHeld(guard)).toEqual(['delete f005', 'delete f006', 'delete f007']);
    expect(told).toEqual([true]);
  });

  test('counts at once what is asked for at once', async () => {
    const { reopen, told } = await keep();
    const guard = await reopen();
    const leaves = await Promise.all(Array.from({ length: 20 }, (_, at) => guard.ask('delete', nameOf(at), guard.index.get(nameOf(at)))));
    expect(leaves.filter(({ granted }) => granted)).toHaveLength(5);
    expect(guard.held.deletes).toBe(15);
    expect(told).toEqual([true]);
  });

  test('adds up over the whole window, however the changes are spread', async () => {
    const { reopen, clock } = await keep();
    await clock.advance(3 * RULE.windowMs);
    const guard = await reopen();
    for (let at = 0; at < 5; at += 1) {
      await clock.advance(RULE.windowMs / 6);
      expect(await remove(guard, nameOf(at))).toBe(true);
    }
    await clock.advance(RULE.windowMs / 3 + RULE.windowMs / 50);
    expect(await remove(guard, nameOf(5)), 'the first is more than a window ago').toBe(true);
    expect(await remove(guard, nameOf(6))).toBe(false);
  });

  test('is not escaped by a restart, nor by a clock that was set back or forward in between deletes', async () => {
    const { reopen, clock } = await keep();
    expect(await removeSome(await reopen(), 0, 2)).toBe(2);
    expect(await removeSome(await reopen(), 2, 2)).toBe(2);
    clock.jump(-30 * 86_400_000);
    const guard = await reopen();
    expect(await removeSome(guard, 4, 1)).toBe(1);
    clock.jump(90 * 86_400_000); // while it runs: only what has really passed counts
    expect(await removeSome(guard, 5, 3)).toBe(0);
    clock.jump(-60 * 86_400_000);
    expect(await removeSome(await reopen(), 8, 3)).toBe(0);
  });

  test('lets as many pass again once the window has passed, if it held nothing', async () => {
    const { reopen, clock } = await keep();
    const guard = await reopen();
    expect(await removeSome(guard, 0, 5)).toBe(5);
    await clock.advance(2 * RULE.windowMs);
    expect(await removeSome(guard, 5, 5)).toBe(5);
    clock.jump(2 * RULE.windowMs); // and while no process ran
    expect(await removeSome(await reopen(), 10, 5)).toBe(5);
  });

  test('does not let pass what it holds, however much time passes, and nothing else meanwhile', async () => {
    const { reopen, clock } = await keep();
    await removeSome(await reopen(), 0, 8);
    clock.jump(10 * RULE.windowMs);
    const guard = await reopen();
    await clock.advance(10 * RULE.windowMs);
    await guard.settle();
    expect(await removeSome(guard, 5, 4)).toBe(0);
    expect(guard.held.deletes).toBe(4);
  });

  test('holds all of a run that finds too many, from the first', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    const over = await guard.expect(6, NO_FOREIGN);
    expect(await removeSome(guard, 0, 6)).toBe(0);
    await over();
    expect(guard.held.deletes).toBe(6);
    const again = await reopen();
    expect(again.held.deletes).toBe(6);
  });

  test('a change that was not made does not count', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    for (let times = 0; times < 20; times += 1) {
      const leave = await guard.ask('delete', nameOf(0), guard.index.get(nameOf(0)));
      expect(leave.granted).toBe(true);
      if (leave.granted) await leave.giveBack();
    }
    expect(await removeSome(await reopen(), 0, 8)).toBe(5);
  });

  test('opens by itself only when nothing is held any more, because the files are back', async () => {
    const { reopen, told } = await keep();
    const guard = await reopen();
    await removeSome(guard, 0, 7);
    await guard.index.put(nameOf(5), record()); // as a look at a file that is back records it
    await guard.settle();
    expect(guard.holding).toBeDefined();
    await guard.index.put(nameOf(6), record());
    await guard.settle();
    expect(guard.holding).toBeUndefined();
    expect(told).toEqual([true, false]);
    expect((await reopen()).holding).toBeUndefined();
  });

  test('does not hold what is gone by then: an object that has made room for another', async () => {
    const { reopen } = await keep({ rule: { ...RULE, count: 0 } });
    const guard = await reopen();
    const asked = guard.ask('delete', nameOf(0), guard.index.get(nameOf(0)));
    const removed = guard.index.remove(nameOf(0));
    expect((await asked).granted).toBe(false);
    await removed;
    expect(guard.index.get(nameOf(0))).toBeUndefined();
    expect(guard.held).toEqual({ deletes: 0, overwrites: 0, foreign: 0 });
    await guard.settle();
    expect(guard.holding).toBeUndefined();
  });

  test('holds on after a restart, and says so again', async () => {
    const { reopen, told, clock } = await keep();
    await removeSome(await reopen(), 0, 7);
    const sinceMs = clock.now();
    await clock.advance(60_000);
    const guard = await reopen();
    expect(told).toEqual([true, true]);
    expect(guard.holding).toEqual({ sinceMs, why: expect.stringContaining('1 change that destroys something after 5') });
    expect(guard.held).toEqual({ deletes: 2, overwrites: 0, foreign: 0 });
    expect(await removeSome(guard, 7, 1)).toBe(0);
    expect(guard.holding?.sinceMs).toBe(sinceMs);
    expect(told).toEqual([true, true]);
  });

  test('counts overwrites as well, and holds each kind as what it is', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    const ask = (at: number) => guard.ask('overwrite', nameOf(at), guard.index.get(nameOf(at)));
    for (let at = 0; at < 3; at += 1) expect((await ask(at)).granted).toBe(true);
    expect(await removeSome(guard, 10, 3)).toBe(2);
    expect((await ask(3)).granted).toBe(false);
    expect(guard.held).toEqual({ deletes: 1, overwrites: 1, foreign: 0 });
    await guard.settle();
    expect(guard.holding).toBeDefined();
    expect(await namesHeld(guard)).toEqual(['overwrite f003', 'delete f012']);
    expect(guard.holding?.why).toContain('1 change that destroys something after 5 within');
    await guard.approve((await guard.describe()).id);
    expect((await ask(3)).granted).toBe(true);
    expect(await removeSome(guard, 12, 1)).toBe(1);
  });

  test('may be told to hold an overwrite of an object that nobody has a record of', async () => {
    const { reopen } = await keep({ rule: { ...RULE, count: 0 } });
    const guard = await reopen();
    expect((await guard.ask('overwrite', 'unknown', record({ inode: 0n }))).granted).toBe(false);
    expect(guard.index.get('unknown')).toEqual(record({ inode: 0n, guarded: 'overwrite-held' }));
    expect((await guard.ask('delete', 'nobody’s', undefined)).granted).toBe(false);
    expect(guard.index.get('nobody’s')).toBeUndefined();
  });

  test('stays as it is while a run that has found something is not over, though nothing is held yet', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    const overs = [await guard.expect(6, undefined), await guard.expect(0, undefined)];
    await guard.settle();
    await overs[1]!();
    expect(guard.holding).toBeDefined();
    await overs[0]!();
    expect(guard.holding).toBeUndefined();
  });

  test('does not count a run that it could not write down', async () => {
    const { reopen } = await keep();
    const guard = await reopen({ rule: RULE, failing: 1 });
    await expect(guard.expect(6, undefined)).rejects.toThrow('disk full');
    await guard.settle();
    expect(guard.holding).toBeUndefined();
  });

  test('judges a run by the changes of the last window, as any other change', async () => {
    const { reopen, clock } = await keep();
    const guard = await reopen();
    expect(await removeSome(guard, 0, 5)).toBe(5);
    await clock.advance(2 * RULE.windowMs);
    await guard.expect(5, undefined);
    expect(guard.holding).toBeUndefined();
  });

  test('says how much is too much', async () => {
    const { reopen } = await keep({ rule: { count: 1_000, share: 0.1, atLeast: 0, windowMs: 60_000 } });
    const guard = await reopen();
    expect(await removeSome(guard, 0, 4)).toBe(4);
    await guard.expect(7, undefined);
    expect(guard.holding?.why).toBe('7 changes that destroy something after 4 within the last 1 minutes; the guard lets 10 pass unasked');
  });

  test('says nothing of earlier changes where there were none', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    await guard.expect(6, undefined);
    expect(guard.holding?.why).toBe('6 changes that destroy something; the guard lets 5 pass unasked');
  });

  test('off: everything passes, what was held before as well', async () => {
    const { reopen, told } = await keep();
    await (await reopen()).expect(6, undefined);
    const guard = await reopen({ rule: null });
    expect(guard.holding).toBeUndefined();
    expect(told).toEqual([true]);
    await (await guard.expect(100, { count: 3, digest: 'of three names' }))();
    await (await guard.expect(100, undefined))();
    expect(guard.foreignStays).toBe(false);
    expect(await removeSome(guard, 0, 100)).toBe(100);
  });
});

describe('P4: decisions', () => {
  test('an approval covers what was shown, and not what came later', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    await removeSome(guard, 0, 7);
    const { id, deletes } = await guard.describe();
    expect(deletes).toBe(2);
    await removeSome(guard, 7, 1);
    await expect(guard.approve(id)).rejects.toThrow(HeldChangedError);
    const now = await guard.describe();
    expect(now.id).not.toBe(id);
    expect(await guard.approve(now.id)).toBe(3);
    expect(guard.holding).toBeUndefined();
    // What was approved passes and does not count; more is judged by itself.
    expect(await removeSome(guard, 5, 3)).toBe(3);
    expect(await removeSome(guard, 8, 10)).toBe(5);
    expect(guard.held.deletes).toBe(5);
  });

  test('an approval survives a restart, and is for the change that was approved', async () => {
    const { reopen } = await keep();
    let guard = await reopen();
    await removeSome(guard, 0, 7);
    await guard.approve((await guard.describe()).id);
    guard = await reopen();
    await removeSome(guard, 10, 5);
    expect(await removeSome(guard, 5, 2)).toBe(2);
    expect(await remove(guard, nameOf(20))).toBe(false);
  });

  test('a rejection keeps the objects, and can be taken back', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    await removeSome(guard, 0, 7);
    expect(await guard.reject((await guard.describe()).id)).toBe(2);
    expect(guard.holding).toBeUndefined();
    expect(guard.index.get(nameOf(5))?.guarded).toBe('rejected');
    expect(await guard.undoRejections()).toBe(2);
    expect(guard.index.get(nameOf(5))?.guarded).toBeUndefined();
  });

  test('nothing is decided of nothing', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    expect((await guard.describe()).id).toBe('');
    await expect(guard.approve('')).rejects.toThrow('nothing is held');
  });

  test('a ledger that was lost changes nothing: the index knows what was held', async () => {
    const { reopen } = await keep();
    let guard = await reopen();
    await guard.index.put(nameOf(3), record({ guarded: 'delete-held' }));
    await guard.index.put(nameOf(4), record({ guarded: 'overwrite-held' }));
    guard = await reopen();
    expect(guard.holding).toBeUndefined();
    expect(await remove(guard, nameOf(3))).toBe(false);
    expect(guard.held).toEqual({ deletes: 1, overwrites: 1, foreign: 0 });
    expect(guard.holding?.why).toContain('held before');
  });

  test('while one is made nothing is held or let pass', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    await removeSome(guard, 0, 7);
    const { id } = await guard.describe();
    const approved = guard.approve(id);
    const leave = guard.ask('delete', nameOf(10), guard.index.get(nameOf(10)));
    const again = guard.approve(id);
    const expected = guard.expect(1, undefined);
    await guard.settle();
    expect(await approved).toBe(2);
    await expect(again).rejects.toThrow('nothing is held');
    expect((await leave).granted, 'it is asked about after the decision').toBe(true);
    await (await expected)();
    expect(guard.holding).toBeUndefined();
  });

  test('what is held has another id with every other set of extraneous objects, and keeps it over a restart', async () => {
    const { reopen } = await keep();
    const found = { count: 9, digest: 'of nine names' };
    let guard = await reopen();
    await (await guard.expect(0, found))();
    const described = await guard.describe();
    expect(described).toMatchObject({ deletes: 0, overwrites: 0, foreign: 9, why: guard.holding?.why, sinceMs: guard.holding?.sinceMs });
    expect(described.id).toMatch(/^[0-9a-f]{12}$/);
    guard = await reopen();
    expect(await guard.describe()).toEqual(described);
    expect(guard.held.foreign).toBe(9);
    await (await guard.expect(0, { count: 9, digest: 'of other nine' }))();
    expect((await guard.describe()).id).not.toBe(described.id);
    await (await guard.expect(0, NO_FOREIGN))();
    expect(guard.holding, 'they are gone').toBeUndefined();
  });

  test('extraneous objects pass once exactly these were approved', async () => {
    const { reopen } = await keep();
    const found = { count: 9, digest: 'of nine names' };
    let guard = await reopen();
    await (await guard.expect(0, found))();
    expect(guard.held).toEqual({ deletes: 0, overwrites: 0, foreign: 9 });
    await guard.approve((await guard.describe()).id);
    guard = await reopen();
    await (await guard.expect(0, { count: 9, digest: 'of other nine' }))();
    expect(guard.held.foreign).toBe(9);
    await (await guard.expect(0, found))();
    expect((await guard.ask('delete', 'not ours', undefined)).granted, 'the approval of these was for once').toBe(false);
    await guard.approve((await guard.describe()).id);
    await (await guard.expect(0, { count: 9, digest: 'of other nine' }))();
    await guard.approve((await guard.describe()).id);
    guard = await reopen();
    await (await guard.expect(0, { count: 9, digest: 'of other nine' }))(); // and none could be deleted
    const over = await guard.expect(0, { count: 9, digest: 'of other nine' });
    expect(guard.holding).toBeUndefined();
    for (let at = 0; at < 9; at += 1) expect((await guard.ask('delete', `not ours ${at}`, undefined)).granted).toBe(true);
    expect(await removeSome(guard, 0, 8), 'what is ours is judged by itself').toBe(5);
    await over();
  });

  test('extraneous objects stay once exactly these were rejected, however few they are, and others with them are asked about', async () => {
    const { reopen } = await keep();
    const rejected = { count: 3, digest: 'of three names' };
    let guard = await reopen();
    const found = await guard.expect(6, rejected); // with the others these are too many
    expect(await remove(guard, nameOf(1))).toBe(false);
    await found();
    expect(await guard.reject((await guard.describe()).id)).toBe(4);
    guard = await reopen();
    await (await guard.expect(0, rejected))();
    expect(guard.holding).toBeUndefined();
    expect(guard.foreignStays).toBe(true);
    expect((await guard.ask('delete', 'not ours', undefined)).granted).toBe(false);

    await (await guard.expect(0, { count: 4, digest: 'of these and another' }))();
    expect(guard.holding?.why).toMatch(/some of which may be those whose deletes were rejected before/);
    expect(guard.held.foreign).toBe(4);
    await guard.approve((await guard.describe()).id);
    await (await guard.expect(0, { count: 4, digest: 'of these and another' }))();
    expect((await guard.ask('delete', 'not ours', undefined)).granted).toBe(true);
    await (await guard.expect(0, rejected))(); // they are back, and nothing is remembered of them
    expect((await guard.ask('delete', 'not ours', undefined)).granted).toBe(true);
  });

  test('a scan, which has seen no extraneous objects, says nothing of them', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    const few = { count: 3, digest: 'of three names' };
    const many = { count: 9, digest: 'of nine names' };
    await (await guard.expect(0, few))(); // so few may go
    await (await guard.expect(0, undefined))();
    expect(guard.holding).toBeUndefined();
    const over = await guard.expect(6, undefined);
    expect(guard.held.foreign, 'those that may go are not held').toBe(0);
    await guard.expect(0, many);
    await guard.expect(0, undefined);
    expect(guard.held.foreign).toBe(9);
    await guard.reject((await guard.describe()).id);
    await over();
    await guard.expect(0, { count: 10, digest: 'of ten, some of them rejected' });
    await guard.approve((await guard.describe()).id);
    await guard.expect(0, undefined);
    expect(guard.holding).toBeUndefined();
  });

  test('a rejection of extraneous objects ends when they are gone', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    const found = { count: 3, digest: 'of three names' };
    await guard.expect(6, found);
    await guard.reject((await guard.describe()).id);
    await (await guard.expect(0, found))();
    expect(guard.foreignStays).toBe(true);
    await (await guard.expect(0, NO_FOREIGN))();
    await (await guard.expect(0, found))();
    expect(guard.foreignStays).toBe(false);
  });

  test('rejected extraneous objects are asked about again once that is taken back, and stay while the guard is off', async () => {
    const { reopen } = await keep();
    const rejected = { count: 9, digest: 'of nine names' };
    let guard = await reopen();
    await (await guard.expect(0, rejected))();
    await guard.reject((await guard.describe()).id);
    expect((await guard.ask('delete', 'not ours', undefined)).granted).toBe(false);
    const over = await guard.expect(6, undefined);
    expect(guard.held.foreign, 'what was rejected is not held any more').toBe(0);
    await over();
    expect(await guard.undoRejections()).toBe(9);
    expect(guard.foreignStays).toBe(false);
    expect((await guard.ask('delete', 'not ours', undefined)).granted).toBe(true);
    await (await guard.expect(0, rejected))();
    await guard.reject((await guard.describe()).id);
    guard = await reopen();
    expect(await guard.undoRejections()).toBe(9);
    guard = await reopen();
    await (await guard.expect(0, rejected))();
    expect(guard.held.foreign).toBe(9);
    await guard.reject((await guard.describe()).id);
    const state = await reopen({ rule: null });
    await (await state.expect(0, { count: 10, digest: 'of ten' }))();
    expect(state.foreignStays).toBe(true);
    expect((await state.ask('delete', 'not ours', undefined)).granted).toBe(false);
    expect((await state.ask('delete', nameOf(1), state.index.get(nameOf(1)))).granted).toBe(true);
    await (await state.expect(0, NO_FOREIGN))();
    expect(state.foreignStays).toBe(false);
  });
});
