import { describe, expect, test } from 'vitest';
import type {
  IndexRange,
  ObjectIndex,
  ObjectName,
  ObjectRecord,
} from '../../../src/state/object-index.js';
import { countingIndex } from '../../../src/sync/guard/counting-index.js';
import {
  changeVerdicts,
  heldObjects,
  sumOfHeld,
  withVerdict,
} from '../../../src/sync/guard/held-records.js';
import { compareNames } from '../../../src/utf8-order.js';
import { record } from '../../state/fixtures.js';

interface SlowIndex {
  readonly index: ObjectIndex;
  /** Writes that were begun, and the most of them at once. */
  readonly writes: { pending: number; most: number; all: number };
  /** Lets the writes begun so far become durable. */
  land(): void;
}

/** An index in memory, whose writes are read at once and durable only when that is asked for. */
function slowIndex(records: Readonly<Record<ObjectName, ObjectRecord>>): SlowIndex {
  const kept = new Map(Object.entries(records));
  const writes = { pending: 0, most: 0, all: 0 };
  let landing: (() => void)[] = [];
  const written = () =>
    new Promise<void>((resolve) => {
      writes.all += 1;
      writes.pending += 1;
      writes.most = Math.max(writes.most, writes.pending);
      landing.push(() => {
        writes.pending -= 1;
        resolve();
      });
    });
  const index: ObjectIndex = {
    engine: 'lowdb',
    get: (name) => kept.get(name),
    getAll: (names) => names.map((name) => kept.get(name)),
    entries: ({ after }: IndexRange = {}) =>
      [...kept]
        .filter(([name]) => after === undefined || compareNames(name, after) > 0)
        .sort(([a], [b]) => compareNames(a, b)),
    namesOfInode: () => [],
    nameAfter: () => undefined,
    count: () => kept.size,
    put(name, changed) {
      kept.set(name, changed);
      return written();
    },
    putAll(entries) {
      for (const [name, changed] of entries) kept.set(name, changed);
      return written();
    },
    remove(name) {
      kept.delete(name);
      return written();
    },
    removeAll(names) {
      for (const name of names) kept.delete(name);
      return written();
    },
    flush: async () => undefined,
    close: async () => undefined,
  };
  return {
    index,
    writes,
    land() {
      for (const each of landing) each();
      landing = [];
    },
  };
}

const HELD = {
  a: record({ guarded: 'delete-held' }),
  b: record(),
  c: record({ guarded: 'overwrite-held' }),
  d: record({ guarded: 'rejected' }),
  e: record({ guarded: 'delete-held' }),
};

async function heldIn(index: ObjectIndex, after?: string): Promise<string[]> {
  const held: string[] = [];
  for await (const { name, change } of heldObjects(index, after)) held.push(`${change} ${name}`);
  return held;
}

describe('held records', () => {
  test('held records: are listed in order, after any name', async () => {
    const { index } = slowIndex(HELD);
    expect(await heldIn(index)).toEqual(['delete a', 'overwrite c', 'delete e']);
    expect(await heldIn(index, 'a')).toEqual(['overwrite c', 'delete e']);
  });

  test('held records: are complete among thousands', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 2_500 }, (_, at) => [`f${String(at).padStart(4, '0')}`, HELD.a]),
    );
    expect(await heldIn(slowIndex(many).index)).toEqual(
      Object.keys(many).map((name) => `delete ${name}`),
    );
  });

  test('held records: have a digest that differs for another set and another change', async () => {
    const sums = await Promise.all(
      [HELD, { ...HELD, b: HELD.a }, { ...HELD, a: HELD.c, c: HELD.a }, { ...HELD, e: HELD.c }].map(
        (records) => sumOfHeld(slowIndex(records).index),
      ),
    );
    expect(sums[0]).toMatchObject({ deletes: 2, overwrites: 1 });
    expect(sums[3]).toMatchObject({ deletes: 1, overwrites: 2 });
    expect(new Set(sums.map(({ digest }) => digest)).size).toBe(4);
    expect(await sumOfHeld(slowIndex({ ...HELD, d: HELD.b, z: HELD.d }).index)).toEqual(sums[0]);
  });
});

describe('decision on held records', () => {
  test('verdicts: change held records only, and resolve when all of them are durable', async () => {
    const { index, writes, land } = slowIndex(HELD);
    let made: number | undefined;
    const deciding = changeVerdicts(index, {
      'delete-held': 'delete-approved',
      'overwrite-held': 'nothing',
    }).then((changed) => {
      made = changed;
    });
    await expect.poll(() => writes.all).toBe(3);
    expect(made).toBeUndefined();
    land();
    await deciding;
    expect(made).toBe(3);
    const { a, b, c, d, e } = Object.fromEntries(index.entries());
    expect([a?.guarded, e?.guarded]).toEqual(['delete-approved', 'delete-approved']);
    expect(b).toEqual(HELD.b);
    expect(c).toEqual(HELD.b);
    expect(c).not.toHaveProperty('guarded');
    expect(d).toEqual(HELD.d);
  });

  test('P7: verdicts: have at most 1,000 writes in flight, however many records change', async () => {
    const many = Object.fromEntries(Array.from({ length: 2_500 }, (_, at) => [`f${at}`, HELD.a]));
    const { index, writes, land } = slowIndex(many);
    const deciding = changeVerdicts(index, { 'delete-held': 'rejected' });
    for (const all of [1_000, 2_000, 2_500]) {
      await expect.poll(() => writes.all).toBe(all);
      expect(writes.pending).toBeLessThanOrEqual(1_000);
      land();
    }
    expect(await deciding).toBe(2_500);
    expect(writes.most).toBe(1_000);
  });

  test('verdicts: leave the rest of a record unchanged', () => {
    expect(withVerdict(HELD.a, 'rejected')).toEqual(HELD.d);
    expect(withVerdict(HELD.a, 'nothing')).toEqual(HELD.b);
  });
});

test('counting index: counts held records by their writes, while it is asked to', () => {
  const counting = countingIndex(slowIndex(HELD).index);
  void counting.index.remove('e');
  expect(counting.counts).toEqual({ deletes: 0, overwrites: 0 });
  counting.countFrom({ deletes: 1, overwrites: 1 });
  void counting.index.put('b', HELD.a);
  void counting.index.put('new', HELD.c);
  expect(counting.counts).toEqual({ deletes: 2, overwrites: 2 });
  void counting.index.put('a', HELD.a);
  expect(counting.counts, 'what was held already').toEqual({ deletes: 2, overwrites: 2 });
  void counting.index.put('a', HELD.c);
  expect(counting.counts).toEqual({ deletes: 1, overwrites: 3 });
  void counting.index.remove('c');
  void counting.index.remove('missing');
  void counting.index.put('b', HELD.d);
  expect(counting.counts).toEqual({ deletes: 0, overwrites: 2 });
  counting.countFrom(undefined);
  void counting.index.put('b', HELD.a);
  expect(counting.counts).toEqual({ deletes: 0, overwrites: 0 });
});
