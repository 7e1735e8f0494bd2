import { expect, test } from 'vitest';
import type { Moment } from '../../../src/sync/moment.js';
import { oldest } from '../../../src/sync/moment.js';
import { createPending } from '../../../src/sync/work/pending.js';

const at = (ms: number): Moment => ({ wallMs: 1_000_000 + ms, monotonicMs: ms });

test('pending: the oldest name is the one whose change is oldest, in whatever order and however often names are added', () => {
  const pending = createPending();
  pending.add('b', at(20));
  pending.add('a', at(10));
  pending.add('a', at(30));
  expect(pending.oldest()).toEqual(oldest(pending.ages()));
  expect(oldest(pending.ages())).toEqual(at(10));
  pending.settled('a');
  expect(pending.oldest()).toEqual(oldest(pending.ages()));
  expect(oldest(pending.ages())).toEqual(at(20));
  pending.add('c', null);
  expect(pending.oldest()).toEqual(oldest(pending.ages()));
  expect(oldest(pending.ages())).toBeNull();
  pending.settled('c');
  pending.settled('b');
  expect(pending.oldest()).toEqual(oldest(pending.ages()));
  expect(oldest(pending.ages())).toBeUndefined();
});

test('pending: a name whose job is over while another waits is as old as the change that this one is for', () => {
  const pending = createPending();
  pending.add('a', at(10));
  pending.replace('a', at(30));
  expect([...pending.ages()]).toEqual([at(30)]);
});

test('pending: dropped work keeps its age until it is found again, or a scan has not found it', () => {
  const pending = createPending();
  for (const [ms, name] of ['a', 'b', 'c'].entries()) pending.add(name, at(ms));
  for (const name of ['a', 'b', 'c', 'never added']) pending.drop(name);
  expect(pending).toMatchObject({ size: 0, dropped: 3 });
  expect(pending.oldest()).toEqual(oldest(pending.ages()));
  expect(oldest(pending.ages())).toEqual(at(0));
  pending.add('b', at(50));
  expect(pending).toMatchObject({ size: 1, dropped: 2 });
  expect([...pending.ages()]).toEqual([at(1), at(0), at(2)]);
  pending.found((name) => name === 'c');
  expect([...pending.ages()]).toEqual([at(1), at(2)]);
  pending.settled('b');
  pending.found(() => false);
  expect(pending).toMatchObject({ size: 0, dropped: 0 });
});

test('pending: deferred work keeps its age until it is added again, whatever a scan finds', () => {
  const pending = createPending();
  for (const [name, since] of [
    ['a', at(0)],
    ['b', null],
    ['c', at(2)],
  ] as const) {
    pending.add(name, since);
    pending.defer(name);
  }
  pending.defer('never added');
  expect(pending).toMatchObject({ size: 0, dropped: 0, deferred: 3 });
  pending.found(() => false);
  expect([...pending.ages()]).toEqual([at(0), null, at(2)]);
  expect(pending.oldest()).toBeNull();
  pending.add('b', at(50));
  expect([...pending.ages()]).toEqual([null, at(0), at(2)]);
  pending.settled('b');
  expect(pending.oldest()).toEqual(at(0));
  for (const name of ['a', 'c']) {
    pending.add(name, at(60));
    pending.settled(name);
  }
  expect(pending).toMatchObject({ size: 0, deferred: 0 });
  expect(pending.oldest()).toBeUndefined();
});

test('pending: the age of the oldest is kept of dropped work beyond the limit', () => {
  const pending = createPending();
  for (let n = 0; n < 10_100; n += 1) {
    pending.add(`${n}`, at(n === 10_050 ? -1 : n));
    pending.drop(`${n}`);
  }
  expect(pending.dropped).toBe(10_100);
  expect([...pending.ages()].length).toBeLessThanOrEqual(10_001);
  expect(pending.oldest()).toEqual(oldest(pending.ages()));
  expect(oldest(pending.ages())).toEqual(at(-1));
});

test('pending: a wait for no pending names ends with the last name, or with the signal', async () => {
  const pending = createPending();
  const stop = new AbortController();
  await pending.whenEmpty(stop.signal);
  pending.add('a', at(0));
  const first = pending.whenEmpty(stop.signal);
  const second = pending.whenEmpty(stop.signal);
  pending.settled('a');
  await Promise.all([first, second]);
  pending.add('b', at(0));
  const third = pending.whenEmpty(stop.signal);
  stop.abort(new Error('enough'));
  await expect(third).rejects.toThrow('enough');
});

test('pending: names below a folder are those in it and in folders below, whenever they were added', () => {
  const pending = createPending();
  for (const name of ['a', 'a/1', 'a/b/2', 'ab/3', 'c/4']) pending.add(name, at(0));
  expect([...pending.namesBelow('a')].sort()).toEqual(['a/1', 'a/b/2']);
  pending.add('a/b/c/5', at(0));
  pending.replace('a/6', at(0));
  pending.settled('a/1');
  pending.drop('a/b/2');
  expect([...pending.namesBelow('a')].sort()).toEqual(['a/6', 'a/b/c/5']);
  for (const name of ['a', 'a/6', 'a/b/c/5', 'ab/3', 'c/4']) pending.settled(name);
  expect(pending.namesBelow('a')).toEqual([]);
  pending.add('a/7', at(0));
  expect(pending.namesBelow('a')).toEqual(['a/7']);
});

test('pending: the sums by kind of job follow what is added, changed, settled and dropped', () => {
  const pending = createPending();
  pending.add('a', null, { job: 'upload_object', bytes: 10 });
  pending.add('b', null);
  pending.add('c', null, { job: 'delete_object', bytes: 0 });
  pending.add('a', null, { job: 'upload_object', bytes: 30 });
  expect(pending.bytes).toBe(30);
  expect(pending.byJob).toEqual({ upload_object: 2, delete_object: 1 });
  pending.settled('c');
  pending.drop('a');
  expect(pending.bytes).toBe(0);
  expect(pending.byJob).toEqual({ upload_object: 1 });
  pending.settled('b');
  expect(pending.byJob).toEqual({});
});
