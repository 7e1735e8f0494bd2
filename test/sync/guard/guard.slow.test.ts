import { describe, expect, test } from 'vitest';
import { record } from '../../state/fixtures.js';
import {
  keep,
  NO_EXTRANEOUS,
  nameOf,
  namesHeld,
  RULE,
  remove,
  removeSome,
} from './guard-fixture.js';

describe('P4', () => {
  test('guard: lets changes pass up to the limit, then holds all', async () => {
    const { reopen, listener } = await keep();
    const guard = await reopen();
    expect(await removeSome(guard, 0, 8)).toBe(5);
    expect(guard.holding?.why).toMatch(
      /1 change that destroys something after 5 within the last 60 minutes; the guard lets 5 pass/,
    );
    expect(guard.held).toEqual({ deletes: 3, overwrites: 0, extraneous: 0 });
    expect(await namesHeld(guard)).toEqual(['delete f005', 'delete f006', 'delete f007']);
    expect(listener).toEqual([true]);
  });

  test('guard: counts changes at once that are asked for at once', async () => {
    const { reopen, listener } = await keep();
    const guard = await reopen();
    const leaves = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        guard.ask('delete', nameOf(at), guard.index.get(nameOf(at))),
      ),
    );
    expect(leaves.filter(({ granted }) => granted)).toHaveLength(5);
    expect(guard.held.deletes).toBe(15);
    expect(listener).toEqual([true]);
  });

  test('guard: adds up the changes of a window, however they are spread', async () => {
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

  test('guard: counts on after a restart and after a clock that was set back or forward', async () => {
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

  test('guard: lets as many pass again after the window, if it held nothing', async () => {
    const { reopen, clock } = await keep();
    const guard = await reopen();
    expect(await removeSome(guard, 0, 5)).toBe(5);
    await clock.advance(2 * RULE.windowMs);
    expect(await removeSome(guard, 5, 5)).toBe(5);
    clock.jump(2 * RULE.windowMs); // and while no process ran
    expect(await removeSome(await reopen(), 10, 5)).toBe(5);
  });

  test('guard: keeps holding all changes, however much time passes', async () => {
    const { reopen, clock } = await keep();
    await removeSome(await reopen(), 0, 8);
    clock.jump(10 * RULE.windowMs);
    const guard = await reopen();
    await clock.advance(10 * RULE.windowMs);
    await guard.settle();
    expect(await removeSome(guard, 5, 4)).toBe(0);
    expect(guard.held.deletes).toBe(4);
  });

  test('guard: holds the first delete of a run that finds too many', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    const over = await guard.expect(6, NO_EXTRANEOUS);
    expect(await removeSome(guard, 0, 6)).toBe(0);
    await over();
    expect(guard.held.deletes).toBe(6);
    const again = await reopen();
    expect(again.held.deletes).toBe(6);
  });

  test('guard: does not count a change that was refunded', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    for (let times = 0; times < 20; times += 1) {
      const permit = await guard.ask('delete', nameOf(0), guard.index.get(nameOf(0)));
      expect(permit.granted).toBe(true);
      if (permit.granted) await permit.refund();
    }
    expect(await removeSome(await reopen(), 0, 8)).toBe(5);
  });

  test('guard: opens by itself when the files of all that it held are back, and not before', async () => {
    const { reopen, listener } = await keep();
    const guard = await reopen();
    await removeSome(guard, 0, 7);
    await guard.index.put(nameOf(5), record()); // as a file that is back is recorded
    await guard.settle();
    expect(guard.holding).toBeDefined();
    await guard.index.put(nameOf(6), record());
    await guard.settle();
    expect(guard.holding).toBeUndefined();
    expect(listener).toEqual([true, false]);
    expect((await reopen()).holding).toBeUndefined();
  });

  test('guard: holds nothing for an object that is deleted while it is asked', async () => {
    const { reopen } = await keep({ rule: { ...RULE, count: 0 } });
    const guard = await reopen();
    const asked = guard.ask('delete', nameOf(0), guard.index.get(nameOf(0)));
    const removed = guard.index.remove(nameOf(0));
    expect((await asked).granted).toBe(false);
    await removed;
    expect(guard.index.get(nameOf(0))).toBeUndefined();
    expect(guard.held).toEqual({ deletes: 0, overwrites: 0, extraneous: 0 });
    await guard.settle();
    expect(guard.holding).toBeUndefined();
  });

  test('guard: holds on after a restart, and reports it again', async () => {
    const { reopen, listener, clock } = await keep();
    await removeSome(await reopen(), 0, 7);
    const sinceMs = clock.now();
    await clock.advance(60_000);
    const guard = await reopen();
    expect(listener).toEqual([true, true]);
    expect(guard.holding).toEqual({
      sinceMs,
      why: expect.stringContaining('1 change that destroys something after 5'),
    });
    expect(guard.held).toEqual({ deletes: 2, overwrites: 0, extraneous: 0 });
    expect(await removeSome(guard, 7, 1)).toBe(0);
    expect(guard.holding?.sinceMs).toBe(sinceMs);
    expect(listener).toEqual([true, true]);
  });

  test('guard: counts deletes and overwrites together, and holds each as what it is', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    const ask = (at: number) => guard.ask('overwrite', nameOf(at), guard.index.get(nameOf(at)));
    for (let at = 0; at < 3; at += 1) expect((await ask(at)).granted).toBe(true);
    expect(await removeSome(guard, 10, 3)).toBe(2);
    expect((await ask(3)).granted).toBe(false);
    expect(guard.held).toEqual({ deletes: 1, overwrites: 1, extraneous: 0 });
    await guard.settle();
    expect(guard.holding).toBeDefined();
    expect(await namesHeld(guard)).toEqual(['overwrite f003', 'delete f012']);
    expect(guard.holding?.why).toContain('1 change that destroys something after 5 within');
    await guard.approve((await guard.describe()).id);
    expect((await ask(3)).granted).toBe(true);
    expect(await removeSome(guard, 12, 1)).toBe(1);
  });

  test('guard: records a held overwrite of an object that has no record', async () => {
    const { reopen } = await keep({ rule: { ...RULE, count: 0 } });
    const guard = await reopen();
    expect((await guard.ask('overwrite', 'unknown', record({ inode: 0n }))).granted).toBe(false);
    expect(guard.index.get('unknown')).toEqual(record({ inode: 0n, guarded: 'overwrite-held' }));
    expect((await guard.ask('delete', 'unrecorded', undefined)).granted).toBe(false);
    expect(guard.index.get('unrecorded')).toBeUndefined();
  });

  test('guard: holds until the run that found too many is over, though nothing is held yet', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    const overs = [await guard.expect(6, undefined), await guard.expect(0, undefined)];
    await guard.settle();
    await overs[1]!();
    expect(guard.holding).toBeDefined();
    await overs[0]!();
    expect(guard.holding).toBeUndefined();
  });

  test('guard: opens after a run that the ledger could not record', async () => {
    const { reopen } = await keep();
    const guard = await reopen({ rule: RULE, failing: 1 });
    await expect(guard.expect(6, undefined)).rejects.toThrow('disk full');
    await guard.settle();
    expect(guard.holding).toBeUndefined();
  });

  test('guard: judges a run by the changes of the last window', async () => {
    const { reopen, clock } = await keep();
    const guard = await reopen();
    expect(await removeSome(guard, 0, 5)).toBe(5);
    await clock.advance(2 * RULE.windowMs);
    await guard.expect(5, undefined);
    expect(guard.holding).toBeUndefined();
  });

  test('guard: states the limit and the earlier changes when it holds', async () => {
    const { reopen } = await keep({
      rule: { count: 1_000, share: 0.1, atLeast: 0, windowMs: 60_000 },
    });
    const guard = await reopen();
    expect(await removeSome(guard, 0, 4)).toBe(4);
    await guard.expect(7, undefined);
    expect(guard.holding?.why).toBe(
      '7 changes that destroy something after 4 within the last 1 minutes; the guard lets 10 pass unasked',
    );
  });

  test('guard: mentions no earlier changes where there were none', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    await guard.expect(6, undefined);
    expect(guard.holding?.why).toBe(
      '6 changes that destroy something; the guard lets 5 pass unasked',
    );
  });

  test('guard: lets everything pass while it is off, held changes as well', async () => {
    const { reopen, listener } = await keep();
    await (await reopen()).expect(6, undefined);
    const guard = await reopen({ rule: null });
    expect(guard.holding).toBeUndefined();
    expect(listener).toEqual([true]);
    await (await guard.expect(100, { count: 3, digest: 'of three names' }))();
    await (await guard.expect(100, undefined))();
    expect(guard.extraneousStays).toBe(false);
    expect(await removeSome(guard, 0, 100)).toBe(100);
  });
});
