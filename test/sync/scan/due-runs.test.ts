import fc from 'fast-check';
import { expect, test } from 'vitest';
import { covers, type DueRun, RECONCILE, SCAN } from '../../../src/sync/run.js';
import { createDueRuns, merge } from '../../../src/sync/scan/due-runs.js';

const PROOF: DueRun = {
  ...RECONCILE,
  sides: { source: false, index: true, listing: true },
  deletes: false,
  why: 'objects are compared with their records',
};

const run: fc.Arbitrary<DueRun> = fc.oneof(
  fc.constant(PROOF),
  fc.constant<DueRun>({ ...RECONCILE, why: 'timer' }),
  fc
    .array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 3 })
    .map((segments): DueRun => ({ ...SCAN, under: segments.join('/'), why: 'hint' })),
);

test('P1: whatever is added is covered by what waits, and nothing waits twice', () => {
  fc.assert(
    fc.property(fc.array(run, { maxLength: 100 }), (added) => {
      const waiting = added.reduce(merge, [] as readonly DueRun[]);
      for (const one of added) expect(waiting.some((other) => covers(other, one))).toBe(true);
      waiting.forEach((one, at) => {
        expect(waiting.some((other, otherAt) => otherAt !== at && covers(other, one))).toBe(false);
      });
    }),
  );
});

test('runs: a reconcile stands for a comparison without the source, a scan does not, and it stands for neither', () => {
  const scan: DueRun = { ...SCAN, why: 'timer' };
  const reconcile: DueRun = { ...RECONCILE, why: 'timer' };
  expect(covers(reconcile, PROOF)).toBe(true);
  expect(covers(scan, PROOF)).toBe(false);
  expect(covers(PROOF, reconcile)).toBe(false);
  expect(covers(PROOF, { ...scan, deletes: false })).toBe(false);
});

test('hundreds of folders become one scan of everything, and a reconcile that waits stays one', () => {
  const folders = Array.from(
    { length: 200 },
    (_, at): DueRun => ({ ...SCAN, under: `d${at}`, why: 'hint' }),
  );
  expect(folders.reduce(merge, [] as readonly DueRun[])).toMatchObject([
    { kind: 'scan', under: '' },
  ]);
});

test('the widest run comes first; waiting for one ends with the signal', async () => {
  const due = createDueRuns();
  const stop = new AbortController();
  const first = due.next(stop.signal);
  due.add({ ...SCAN, under: 'a', why: 'hint' });
  expect(await first).toMatchObject({ under: 'a' });
  due.add({ ...SCAN, under: 'a', why: 'hint' });
  due.add({ ...SCAN, under: 'b', why: 'hint' });
  due.add({ ...RECONCILE, why: 'timer' });
  expect(await due.next(stop.signal)).toMatchObject({ kind: 'reconcile' });
  expect(due.waiting).toEqual([]);
  const waiting = due.next(stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('a folder that is gone is looked at when nothing else waits: it may be found elsewhere', async () => {
  const due = createDueRuns();
  const never = new AbortController().signal;
  due.add({ ...SCAN, under: 'before', why: 'gone', gone: true });
  due.add({ ...SCAN, under: 'after', why: 'new' });
  expect(await due.next(never)).toMatchObject({ under: 'after' });
  expect(await due.next(never)).toMatchObject({ under: 'before', gone: true });
});
