import { describe, expect, test } from 'vitest';
import { HeldChangedError } from '../../../src/sync/guard/guard.js';
import { record } from '../../state/fixtures.js';
import { keep, NO_EXTRANEOUS, nameOf, remove, removeSome } from './guard-fixture.js';

describe('P4', () => {
  test('decisions: an approval covers what was shown, and not what came later', async () => {
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

  test('decisions: an approval survives a restart, and is for the change that was approved', async () => {
    const { reopen } = await keep();
    let guard = await reopen();
    await removeSome(guard, 0, 7);
    await guard.approve((await guard.describe()).id);
    guard = await reopen();
    await removeSome(guard, 10, 5);
    expect(await removeSome(guard, 5, 2)).toBe(2);
    expect(await remove(guard, nameOf(20))).toBe(false);
  });

  test('decisions: a rejection keeps the objects until it is undone', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    await removeSome(guard, 0, 7);
    expect(await guard.reject((await guard.describe()).id)).toBe(2);
    expect(guard.holding).toBeUndefined();
    expect(guard.index.get(nameOf(5))?.guarded).toBe('rejected');
    expect(await guard.undoRejections()).toBe(2);
    expect(guard.index.get(nameOf(5))?.guarded).toBeUndefined();
  });

  test('decisions: an approval fails while nothing is held', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    expect((await guard.describe()).id).toBe('');
    await expect(guard.approve('')).rejects.toThrow('nothing is held');
  });

  test('guard: holds again after its ledger was lost, by what the index says', async () => {
    const { reopen } = await keep();
    let guard = await reopen();
    await guard.index.put(nameOf(3), record({ guarded: 'delete-held' }));
    await guard.index.put(nameOf(4), record({ guarded: 'overwrite-held' }));
    guard = await reopen();
    expect(guard.holding).toBeUndefined();
    expect(await remove(guard, nameOf(3))).toBe(false);
    expect(guard.held).toEqual({ deletes: 1, overwrites: 1, extraneous: 0 });
    expect(guard.holding?.why).toContain('held before');
  });

  test('guard: does not open while it counts held records after its ledger was lost', async () => {
    const { reopen, listener } = await keep();
    let guard = await reopen();
    for (const at of [3, 4]) await guard.index.put(nameOf(at), record({ guarded: 'delete-held' }));
    guard = await reopen();
    const permit = guard.ask('delete', nameOf(3), guard.index.get(nameOf(3)));
    // Jobs of other objects end meanwhile.
    const settled = Array.from({ length: 20 }, () =>
      new Promise((resolve) => setImmediate(resolve)).then(() => guard.settle()),
    );
    expect((await permit).granted).toBe(false);
    await Promise.all(settled);
    expect(listener).toEqual([true]);
    expect(guard.held.deletes).toBe(2);
  });

  test('decisions: questions, runs and settling wait while a decision is made', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    await removeSome(guard, 0, 7);
    const { id } = await guard.describe();
    const approved = guard.approve(id);
    const permit = guard.ask('delete', nameOf(10), guard.index.get(nameOf(10)));
    const again = guard.approve(id);
    const expected = guard.expect(1, undefined);
    await guard.settle();
    expect(await approved).toBe(2);
    await expect(again).rejects.toThrow('nothing is held');
    expect((await permit).granted, 'it is asked about after the decision').toBe(true);
    await (await expected)();
    expect(guard.holding).toBeUndefined();
  });

  test('decisions: an approval that comes with a question covers what was asked', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    await removeSome(guard, 0, 7);
    const held = (await guard.describe()).deletes;
    const asked = guard.ask('delete', nameOf(10), guard.index.get(nameOf(10)));
    const shown = guard.describe();
    const [permit, { id, deletes }] = await Promise.all([asked, shown]);
    expect(permit.granted).toBe(false);
    expect(deletes).toBe(held + 1);
    expect(await guard.approve(id)).toBe(held + 1);
  });

  test('decisions: the id changes with the set of extraneous objects, and survives a restart', async () => {
    const { reopen } = await keep();
    const found = { count: 9, digest: 'of nine names' };
    let guard = await reopen();
    await (await guard.expect(0, found))();
    const described = await guard.describe();
    expect(described).toMatchObject({
      deletes: 0,
      overwrites: 0,
      foreign: 9,
      why: guard.holding?.why,
      sinceMs: guard.holding?.sinceMs,
    });
    expect(described.id).toMatch(/^[0-9a-f]{12}$/);
    guard = await reopen();
    expect(await guard.describe()).toEqual(described);
    expect(guard.held.extraneous).toBe(9);
    await (await guard.expect(0, { count: 9, digest: 'of other nine' }))();
    expect((await guard.describe()).id).not.toBe(described.id);
    await (await guard.expect(0, NO_EXTRANEOUS))();
    expect(guard.holding, 'they are gone').toBeUndefined();
  });

  test('guard: lets extraneous objects pass after exactly these were approved', async () => {
    const { reopen } = await keep();
    const found = { count: 9, digest: 'of nine names' };
    let guard = await reopen();
    await (await guard.expect(0, found))();
    expect(guard.held).toEqual({ deletes: 0, overwrites: 0, extraneous: 9 });
    await guard.approve((await guard.describe()).id);
    guard = await reopen();
    await (await guard.expect(0, { count: 9, digest: 'of other nine' }))();
    expect(guard.held.extraneous).toBe(9);
    await (await guard.expect(0, found))();
    expect(
      (await guard.ask('delete', 'not ours', undefined)).granted,
      'the approval of these was for once',
    ).toBe(false);
    await guard.approve((await guard.describe()).id);
    await (await guard.expect(0, { count: 9, digest: 'of other nine' }))();
    await guard.approve((await guard.describe()).id);
    guard = await reopen();
    await (await guard.expect(0, { count: 9, digest: 'of other nine' }))(); // and none could be deleted
    const over = await guard.expect(0, { count: 9, digest: 'of other nine' });
    expect(guard.holding).toBeUndefined();
    for (let at = 0; at < 9; at += 1)
      expect((await guard.ask('delete', `not ours ${at}`, undefined)).granted).toBe(true);
    expect(await removeSome(guard, 0, 8), 'what is ours is judged by itself').toBe(5);
    await over();
  });

  test('guard: keeps extraneous objects after exactly these were rejected, and holds other sets', async () => {
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
    expect(guard.extraneousStays).toBe(true);
    expect((await guard.ask('delete', 'not ours', undefined)).granted).toBe(false);

    await (await guard.expect(0, { count: 4, digest: 'of these and another' }))();
    expect(guard.holding?.why).toMatch(/deletes of some of them may have been rejected before/);
    expect(guard.held.extraneous).toBe(4);
    await guard.approve((await guard.describe()).id);
    await (await guard.expect(0, { count: 4, digest: 'of these and another' }))();
    expect((await guard.ask('delete', 'not ours', undefined)).granted).toBe(true);
    await (await guard.expect(0, rejected))(); // they are back, and nothing is remembered of them
    expect((await guard.ask('delete', 'not ours', undefined)).granted).toBe(true);
  });

  test('guard: keeps its verdict on extraneous objects at a scan, which lists none', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    const few = { count: 3, digest: 'of three names' };
    const many = { count: 9, digest: 'of nine names' };
    await (await guard.expect(0, few))(); // so few may go
    await (await guard.expect(0, undefined))();
    expect(guard.holding).toBeUndefined();
    const over = await guard.expect(6, undefined);
    expect(guard.held.extraneous, 'those that may go are not held').toBe(0);
    await guard.expect(0, many);
    await guard.expect(0, undefined);
    expect(guard.held.extraneous).toBe(9);
    await guard.reject((await guard.describe()).id);
    await over();
    await guard.expect(0, { count: 10, digest: 'of ten, some of them rejected' });
    await guard.approve((await guard.describe()).id);
    await guard.expect(0, undefined);
    expect(guard.holding).toBeUndefined();
  });

  test('decisions: a rejection of extraneous objects ends when they are gone', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    const found = { count: 3, digest: 'of three names' };
    await guard.expect(6, found);
    await guard.reject((await guard.describe()).id);
    await (await guard.expect(0, found))();
    expect(guard.extraneousStays).toBe(true);
    await (await guard.expect(0, NO_EXTRANEOUS))();
    await (await guard.expect(0, found))();
    expect(guard.extraneousStays).toBe(false);
  });

  test('guard: keeps an extraneous object whose delete is asked for while its rejection is written', async () => {
    const { reopen } = await keep();
    const guard = await reopen();
    await (await guard.expect(0, { count: 9, digest: 'of nine names' }))();
    const rejected = guard.reject((await guard.describe()).id);
    const permit = guard.ask('delete', 'not ours', undefined);
    expect(await rejected).toBe(9);
    expect((await permit).granted).toBe(false);
  });

  test('guard: judges rejected extraneous objects again when that is undone, and keeps them while it is off', async () => {
    const { reopen } = await keep();
    const rejected = { count: 9, digest: 'of nine names' };
    let guard = await reopen();
    await (await guard.expect(0, rejected))();
    await guard.reject((await guard.describe()).id);
    expect((await guard.ask('delete', 'not ours', undefined)).granted).toBe(false);
    const over = await guard.expect(6, undefined);
    expect(guard.held.extraneous, 'what was rejected is not held any more').toBe(0);
    await over();
    expect(await guard.undoRejections()).toBe(9);
    expect(guard.extraneousStays).toBe(false);
    expect((await guard.ask('delete', 'not ours', undefined)).granted).toBe(true);
    await (await guard.expect(0, rejected))();
    await guard.reject((await guard.describe()).id);
    guard = await reopen();
    expect(await guard.undoRejections()).toBe(9);
    guard = await reopen();
    await (await guard.expect(0, rejected))();
    expect(guard.held.extraneous).toBe(9);
    await guard.reject((await guard.describe()).id);
    const state = await reopen({ rule: null });
    await (await state.expect(0, { count: 10, digest: 'of ten' }))();
    expect(state.extraneousStays).toBe(true);
    expect((await state.ask('delete', 'not ours', undefined)).granted).toBe(false);
    expect((await state.ask('delete', nameOf(1), state.index.get(nameOf(1)))).granted).toBe(true);
    await (await state.expect(0, NO_EXTRANEOUS))();
    expect(state.extraneousStays).toBe(false);
  });
});
