import { expect, test } from 'vitest';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../../../src/state/object-index.js';
import { statusOf } from '../../../src/sync/mirror/mirror-status.js';
import { countingUnsent } from '../../../src/sync/mirror/unsent-names.js';
import { createPending } from '../../../src/sync/work/pending.js';

/** An index in memory that counts the records that were read. */
function counting() {
  const records = new Map<ObjectName, ObjectRecord>();
  const read = { records: 0 };
  const index = {
    get(name: ObjectName) {
      read.records += 1;
      return records.get(name);
    },
    async put(name: ObjectName, record: ObjectRecord) {
      records.set(name, record);
    },
    async putAll(entries: readonly (readonly [ObjectName, ObjectRecord])[]) {
      for (const [name, record] of entries) records.set(name, record);
    },
    async remove(name: ObjectName) {
      records.delete(name);
    },
    async removeAll(names: readonly ObjectName[]) {
      for (const name of names) records.delete(name);
    },
    count: () => records.size,
  } as unknown as ObjectIndex;
  return { index, read };
}

const sending = { state: 'sending' } as ObjectRecord;
const confirmed = { state: 'confirmed', etag: 'e' } as ObjectRecord;
const replacing = { state: 'sending', etag: 'old' } as ObjectRecord;

test('unsent names: those whose first version was begun and not confirmed', async () => {
  const unsent = countingUnsent(counting().index);
  await unsent.index.put('a', sending);
  await unsent.index.putAll([
    ['b', sending],
    ['c', sending],
    ['d', replacing],
  ]);
  expect([unsent.size, unsent.has('a'), unsent.has('d')]).toEqual([3, true, false]);
  await unsent.index.putAll([['b', confirmed]]);
  await unsent.index.remove('a');
  await unsent.index.removeAll(['c', 'never there']);
  expect(unsent.size).toBe(0);
});

test('status: counts the objects of a mirror with 100,000 names that wait without a look at each', async () => {
  const { index, read } = counting();
  const unsent = countingUnsent(index);
  const pending = createPending();
  await unsent.index.put('there', confirmed);
  for (let at = 0; at < 100_000; at += 1) {
    pending.add(`f${at}`, null, { job: 'upload_object', bytes: 10 });
    if (at < 30) await unsent.index.put(`f${at}`, sending);
  }
  read.records = 0;
  const { objects, queued } = statusOf({
    parts: {
      settings: { name: 'documents', policy: {} },
      index: unsent.index,
      ledger: { read: () => ({}) },
      guard: { held: { deletes: 0, overwrites: 0, extraneous: 0 } },
      lease: { status: () => null },
    },
    stats: { snapshot: () => ({ running: [], skipped: {}, totals: {} }) },
    pending,
    unsent,
    quarantine: { all: new Map() },
    retrying: 0,
    watch: null,
    condition: { state: 'transferring', why: '' },
    lagSeconds: null,
    verify: null,
  } as unknown as Parameters<typeof statusOf>[0]);
  expect({ objects, queued, bytes: pending.bytes }).toEqual({
    objects: 1,
    queued: 100_000,
    bytes: 1_000_000,
  });
  expect(read.records).toBe(0);
});
