import { expect, test } from 'vitest';
import { keyOf } from '../../../src/sync/mirror/admission.js';
import { type AdmittedFile, createBatchLedger } from '../../../src/sync/mirror/batch-ledger.js';
import { createOpenJobs } from '../../../src/sync/mirror/open-jobs.js';
import { createRuns } from '../../../src/sync/mirror/runs.js';
import type { Job } from '../../../src/sync/work/job.js';
import { createPending } from '../../../src/sync/work/pending.js';
import { fakeClock } from '../../fakes/clock.js';
import { record } from '../../state/fixtures.js';
import { testJob } from '../work/test-job.js';

/** A real ledger with its books. `next`: the newer jobs of names. `settle` is called for each name whose work is over. */
function rig({ next = {}, settle = () => {} }: Partial<Rig> = {}) {
  const queued: Job[] = [];
  const pending = createPending();
  const runs = createRuns(fakeClock());
  const run = runs.begin({ count: () => 0 });
  const queue = {
    putBack: (job: Job) => void queued.push(job),
    next: (key: string) => next[key.slice(key.indexOf('\0') + 1)],
    has: () => false,
  };
  const openJobs = createOpenJobs({
    queue,
    pending,
    runs,
    stats: { progress: () => {} },
    room: { over: () => {} },
    dependents: { settled: settle },
  });
  const ledger = createBatchLedger({
    mirror: 'm',
    queue,
    stats: { done: () => {} },
    runs,
    openJobs,
    room: { fitted: () => {} },
    hintRacy: () => {},
    drain: new AbortController().signal,
  });
  const file = (path: string): AdmittedFile => {
    pending.add(path, null);
    const numbers = { size: 7, mode: 0o644, uid: 1, gid: 1, inode: 1n, mtimeNs: 1n, ctimeNs: 2n };
    const entry = { path, kind: 'file', ...numbers } as const;
    return { entry, why: 'new', listed: 'absent', key: keyOf('m', path), since: null };
  };
  return { ledger, run, pending, queued, file };
}

interface Rig {
  readonly next: Readonly<Record<string, Job>>;
  readonly settle: (name: string) => void;
}

test('a file that a batch leaves gets a job, which looks at the object if bytes may have gone out', () => {
  const { ledger, run, queued, file, pending } = rig();
  const left = [false, true].map((mayHaveGoneOut, at) => ({
    file: file(`f${at}`),
    mayHaveGoneOut,
  }));
  expect(ledger.book(run.id, { done: [], left }, 0)).toBeUndefined();
  expect(queued.map(({ name, remote }) => [name, remote])).toEqual([
    ['f0', 'absent'],
    ['f1', 'ask'],
  ]);
  expect(pending.size).toBe(2);
});

test('a file that a batch leaves does not replace the newer job of its name', () => {
  const newer = testJob('f0', { since: { monotonicMs: 5, wallMs: 7 }, attempt: 3 });
  const { ledger, run, queued, file, pending } = rig({ next: { f0: newer } });
  const left = [{ file: file('f0'), mayHaveGoneOut: true }];
  ledger.book(run.id, { done: [], left }, 0);
  expect(queued).toEqual([]);
  expect(pending.has('f0')).toBe(true);
});

test('what is thrown for one file of a batch is returned, and the others are booked', () => {
  const settled: string[] = [];
  const broken = new Error('the index cannot be read');
  const { ledger, run, file, pending } = rig({
    settle(name) {
      if (name === 'f1') throw broken;
      settled.push(name);
    },
  });
  const done = ['f0', 'f1', 'f2'].map((path) => ({
    file: file(path),
    record: record(),
    did: { job: 'upload_object', why: 'new' } as const,
  }));
  expect(ledger.book(run.id, { done, left: [] }, 0)).toBe(broken);
  expect(settled).toEqual(['f0', 'f2']);
  expect(pending.size).toBe(0);
});
