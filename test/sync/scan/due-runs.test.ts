import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Moment } from '../../../src/sync/moment.js';
import { covers, type DueRun, RECONCILE, SCAN } from '../../../src/sync/run.js';
import { createDueRuns, merge } from '../../../src/sync/scan/due-runs.js';

const PROOF: DueRun = {
  ...RECONCILE,
  sides: { source: false, index: true, listing: true },
  deletes: false,
  why: 'objects are compared with their records',
};

const moment = fc
  .constantFrom(1, 2, 3)
  .map((ms): Moment => ({ wallMs: 1_000 + ms, monotonicMs: ms }));
const folders = fc.array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 3 });
const run: fc.Arbitrary<DueRun> = fc.oneof(
  fc.constant(PROOF),
  fc.constant<DueRun>({ ...RECONCILE, why: 'timer' }),
  scanOf(folders, fc.constant(undefined)),
);

/** A scan of the folder; `name` is one more segment of its path. */
function scanOf(
  folders: fc.Arbitrary<readonly string[]>,
  name: fc.Arbitrary<string | undefined>,
): fc.Arbitrary<DueRun> {
  return fc
    .record({
      segments: folders,
      name,
      deletes: fc.boolean(),
      gone: fc.boolean(),
      since: fc.option(moment, { nil: undefined }),
      unseenSinceMs: fc.option(fc.constantFrom(1, 2, 3), { nil: undefined }),
    })
    .map(({ segments, name, deletes, gone, since, unseenSinceMs }) => ({
      ...SCAN,
      under: [...segments, ...(name === undefined ? [] : [name])].join('/'),
      why: 'hint',
      deletes,
      ...(gone && { gone }),
      ...(since && { since }),
      ...(unseenSinceMs && { unseenSinceMs }),
    }));
}

/** Whether `wide` finds all that was to be found by `run`, and is known to be as old. */
function standsFor(wide: DueRun, run: DueRun): boolean {
  const { since, unseenSinceMs } = run;
  return (
    covers(wide, run) &&
    (wide.since === undefined ||
      (since !== undefined && wide.since.monotonicMs <= since.monotonicMs)) &&
    (unseenSinceMs === undefined ||
      (wide.unseenSinceMs !== undefined && wide.unseenSinceMs <= unseenSinceMs))
  );
}

function expectSound(added: readonly DueRun[]): void {
  const waiting = added.reduce(merge, [] as readonly DueRun[]);
  for (const one of added) expect(waiting.some((other) => standsFor(other, one))).toBe(true);
  expect(waiting.filter(({ under }) => under !== '').length).toBeLessThanOrEqual(64);
  waiting.forEach((one, at) => {
    expect(waiting.some((other, otherAt) => otherAt !== at && covers(other, one))).toBe(false);
  });
}

test('P1: due runs: those that wait cover each one that was added, with its age, and none waits twice', () => {
  fc.assert(fc.property(fc.array(run, { maxLength: 100 }), expectSound));
});

test('P1: due runs: at most 64 wait, and cover each of hundreds of folders with its age', () => {
  const name = fc.integer({ min: 0, max: 60 }).map((at) => `d${at}`);
  const many = fc.array(scanOf(folders, name), { minLength: 80, maxLength: 200 });
  fc.assert(fc.property(many, expectSound), { numRuns: 50 });
});

test('due runs: hundreds of folders of one part of the source become one scan of that part', () => {
  const scan = (under: string): DueRun => ({ ...SCAN, under, why: 'hint' });
  const changed = Array.from({ length: 200 }, (_, at) => scan(`photos/2024/${at}`));
  const waiting = [scan('documents/a'), scan('music'), ...changed].reduce(
    merge,
    [] as readonly DueRun[],
  );
  expect(waiting.map(({ under }) => under).sort()).toEqual(['documents/a', 'music', 'photos/2024']);
});

test('due runs: hundreds of missing folders become one scan, which comes first once one of them exists', () => {
  const gone = Array.from(
    { length: 200 },
    (_, at): DueRun => ({ ...SCAN, under: `old/${at}`, why: 'gone', gone: true }),
  );
  const waiting = gone.reduce(merge, [] as readonly DueRun[]);
  expect(waiting).toEqual([expect.objectContaining({ under: 'old', gone: true })]);
  const seen: DueRun = { ...SCAN, under: 'old/7', why: 'hint' };
  expect(merge(waiting, seen)).toMatchObject([seen, { under: 'old', gone: true }]);
});

test('due runs: a reconcile covers a run without the source, a scan does not, and such a run covers neither', () => {
  const scan: DueRun = { ...SCAN, why: 'timer' };
  const reconcile: DueRun = { ...RECONCILE, why: 'timer' };
  expect(covers(reconcile, PROOF)).toBe(true);
  expect(covers(scan, PROOF)).toBe(false);
  expect(covers(PROOF, reconcile)).toBe(false);
  expect(covers(PROOF, { ...scan, deletes: false })).toBe(false);
});

test('due runs: hundreds of folders become one scan of everything, and a waiting reconcile stays one', () => {
  const folders = Array.from(
    { length: 200 },
    (_, at): DueRun => ({ ...SCAN, under: `d${at}`, why: 'hint' }),
  );
  expect(folders.reduce(merge, [] as readonly DueRun[])).toMatchObject([
    { kind: 'scan', under: '' },
  ]);
});

test('due runs: the widest comes first, and waiting for one ends with the signal', async () => {
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

test('due runs: a missing folder is scanned after all others, since a scan may find it elsewhere', async () => {
  const due = createDueRuns();
  const never = new AbortController().signal;
  due.add({ ...SCAN, under: 'before', why: 'gone', gone: true });
  due.add({ ...SCAN, under: 'after', why: 'new' });
  expect(await due.next(never)).toMatchObject({ under: 'after' });
  expect(await due.next(never)).toMatchObject({ under: 'before', gone: true });
});
