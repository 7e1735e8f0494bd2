import { describe, expect, test } from 'vitest';
import { record } from '../../state/fixtures.js';
import { keep, NO_FOREIGN, nameOf, namesHeld, RULE, remove, removeSome } from './guard-fixture.js';

describe('P4: the guard', () => {
  test('lets a few pass, then holds all', async () => {
    const { reopen, listener } = await keep();
    const guard = await reopen();
    expect(await removeSome(guard, 0, 8)).toBe(5);
    expect(guard.holding?.why).toMatch(
      /1 change that destroys something after 5 within the last 60 minutes; the guard lets 5 pass/,
    );
    expect(guard.held).toEqual({ deletes: 3, overwrites: 0, foreign: 0 });
    expect(await namesHeld(guard)).toEqual(['delete f005', 'delete f006', 'delete f007']);
    expect(listener).toEqual([true]);
  });

  test('counts at once what is asked for at once', async () => {
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
      const permit = await guard.ask('delete', nameOf(0), guard.index.get(nameOf(0)));
      expect(permit.granted).toBe(true);
      if (permit.granted) await permit.giveBack();
    }
    expect(await removeSome(await reopen(), 0, 8)).toBe(5);
  });

  test('opens by itself only when nothing is held any more, because the files are back', async () => {
    const { reopen, listener } = await keep();
    const guard = await reopen();
    await removeSome(guard, 0, 7);
    await guard.index.put(nameOf(5), record()); // as a look at a file that is back records it
    await guard.settle();
    expect(guard.holding).toBeDefined();
    await guard.index.put(nameOf(6), record());
    await guard.settle();
    expect(guard.holding).toBeUndefined();
    expect(listener).toEqual([true, false]);
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
    expect(guard.held).toEqual({ deletes: 2, overwrites: 0, foreign: 0 });
    expect(await removeSome(guard, 7, 1)).toBe(0);
    expect(guard.holding?.sinceMs).toBe(sinceMs);
    expect(listener).toEqual([true, true]);
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

  test('may hold an overwrite of an object without a record', async () => {
    const { reopen } = await keep({ rule: { ...RULE, count: 0 } });
    const guard = await reopen();
    expect((await guard.ask('overwrite', 'unknown', record({ inode: 0n }))).granted).toBe(false);
    expect(guard.index.get('unknown')).toEqual(record({ inode: 0n, guarded: 'overwrite-held' }));
    expect((await guard.ask('delete', 'unrecorded', undefined)).granted).toBe(false);
    expect(guard.index.get('unrecorded')).toBeUndefined();
  });

  test('keeps holding until a run that has found changes is over, though nothing is held yet', async () => {
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

  test('says nothing of earlier changes where there were none', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    await guard.expect(6, undefined);
    expect(guard.holding?.why).toBe(
      '6 changes that destroy something; the guard lets 5 pass unasked',
    );
  });

  test('off: everything passes, what was held before as well', async () => {
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
