import { describe, expect, test } from 'vitest';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import { createScansDue, UNHEARD } from '../../../src/sync/scan/scans-due.js';
import type { PathState } from '../../../src/sync/source/source-view.js';
import type { Job } from '../../../src/sync/work/job.js';
import { createWaitingJobs, hintingOthers } from '../../../src/sync/work/waiting-jobs.js';
import { createWhereabouts } from '../../../src/sync/work/whereabouts.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { record } from '../../state/fixtures.js';

const OLD = record({ inode: 7n, size: 3, md5: 'a'.repeat(32) });
const IN_PARTS = { ...OLD, md5: '', md5Parts: 'a'.repeat(32), partSize: 2 };
const file = (inode: bigint): PathState => ({
  found: 'entry',
  entry: { inode, kind: 'file' } as LocalEntry,
});
const HERE = file(7n);
/** Of a file that was made, and recorded, at other times. */
const BEFORE = OLD.ctimeNs - 1n;
const AFTER = BigInt(OLD.hashedAtMs + 1) * 1_000_000n;
const GONE: PathState = { found: 'nothing' };
const clock = {
  sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
  monotonic: () => 0,
};

/** The whereabouts of files, where records, looks at the disk, and pending jobs are these. */
function open(
  records: Record<string, ObjectRecord>,
  looks: Record<string, PathState>,
  pending: readonly string[] = [],
  births: Record<string, bigint> = {},
) {
  const scansDue = createScansDue(clock);
  const whereabouts = createWhereabouts({
    index: {
      get: (name) => records[name],
      namesOfInode: (inode) =>
        Object.keys(records).filter((name) => records[name]?.inode === inode),
    },
    source: {
      statPath: (name) => looks[name] ?? GONE,
      namesAt: (path) => [path],
      birthTime: (name) => births[name],
    },
    pending: { has: (name) => pending.includes(name) },
    scansDue,
  });
  return { whereabouts, scansDue, find: () => whereabouts.find('old', records['old'] ?? OLD, 10) };
}

describe('whereabouts: the file of an object is found', () => {
  test.each<readonly [string, ReturnType<typeof open>, unknown]>([
    [
      'under a name of its content',
      open({ old: OLD, new: OLD }, { new: HERE }),
      { state: 'confirmed', name: 'new', sameContent: true },
    ],
    [
      'under a name of other content',
      open({ old: OLD, new: { ...OLD, md5: 'b'.repeat(32) } }, { new: HERE }),
      { state: 'confirmed', name: 'new', sameContent: false },
    ],
    [
      'under a name of its content, which both records have hashed in parts',
      open({ old: IN_PARTS, new: { ...IN_PARTS, md5: 'b'.repeat(32) } }, { new: HERE }),
      { state: 'confirmed', name: 'new', sameContent: true },
    ],
    [
      'under a name of other content, which both records have hashed in parts',
      open({ old: IN_PARTS, new: { ...IN_PARTS, md5Parts: 'b'.repeat(32) } }, { new: HERE }),
      { state: 'confirmed', name: 'new', sameContent: false },
    ],
    [
      'under a name of another size',
      open({ old: OLD, new: { ...OLD, size: 4 } }, { new: HERE }),
      { state: 'confirmed', name: 'new', sameContent: false },
    ],
    [
      'under a name that is being sent',
      open({ old: OLD, new: { ...OLD, state: 'sending' } }, { new: HERE }),
      { state: 'pending', name: 'new' },
    ],
    ['nowhere when only its own name is known', open({ old: OLD }, {}), { state: 'nowhere' }],
    [
      'nowhere when the other name has no file any more',
      open({ old: OLD, new: OLD }, { new: GONE }),
      { state: 'nowhere' },
    ],
    [
      'nowhere when the other name has another file',
      open({ old: OLD, new: OLD }, { new: file(8n) }),
      { state: 'nowhere' },
    ],
    [
      'nowhere when the other name has a file that was made after the record, with the same inode',
      open({ old: OLD, new: OLD }, { new: HERE }, [], { new: AFTER }),
      { state: 'nowhere' },
    ],
    [
      'under a name whose file was made before the record',
      open({ old: OLD, new: OLD }, { new: HERE }, [], { new: BEFORE }),
      { state: 'confirmed', name: 'new', sameContent: true },
    ],
    [
      'nowhere when the other name cannot be seen',
      open({ old: OLD, new: OLD }, { new: { found: 'unknown', reason: 'unreadable', detail: '' } }),
      { state: 'nowhere' },
    ],
    [
      'nowhere when the other name is excluded',
      open({ old: OLD, new: OLD }, { new: { found: 'excluded' } }),
      { state: 'nowhere' },
    ],
  ])('%s', (_what, { find }, expected) => {
    expect(find()).toMatchObject(expected as object);
  });

  test('under a name that was seen and has no record', () => {
    const { whereabouts, find } = open({ old: OLD }, { new: HERE });
    whereabouts.sighted('new', 7n);
    expect(find()).toEqual({ state: 'pending', name: 'new', settling: false });
    whereabouts.notMirrored('new', 'EACCES');
    expect(find()).toEqual({ state: 'not-mirrored', name: 'new', why: 'EACCES' });
    expect(whereabouts.ended('new'), 'it is still there and not mirrored').toEqual([]);
    expect(find()).toMatchObject({ state: 'not-mirrored' });
  });

  test('under a name that a watcher will still report', () => {
    const { whereabouts, find } = open({ old: OLD }, { new: HERE });
    const permit = whereabouts.attend((inode) => (inode === 7n ? ['new'] : []));
    expect(find()).toEqual({ state: 'pending', name: 'new', settling: true });
    permit();
    expect(find()).toEqual({ state: 'nowhere' });
  });

  test('under a confirmed name even if others are pending or not mirrored', () => {
    const { whereabouts, find } = open({ old: OLD, z: OLD }, { a: HERE, b: HERE, z: HERE });
    whereabouts.sighted('a', 7n);
    whereabouts.notMirrored('b', 'EACCES');
    expect(find()).toMatchObject({ state: 'confirmed', name: 'z' });
  });

  test('again when a job runs for a name that could not be mirrored', () => {
    const { whereabouts, find } = open({ old: OLD }, { new: HERE }, ['new']);
    whereabouts.notMirrored('new', 'EACCES');
    expect(find()).toEqual({ state: 'pending', name: 'new', settling: false });
  });
});

test('whereabouts: a delete that was kept back for a name is due once that name is confirmed, or its file gone', () => {
  const records: Record<string, ObjectRecord> = { old: OLD };
  const looks: Record<string, PathState> = { new: HERE };
  const { whereabouts } = open(records, looks);
  whereabouts.notMirrored('new', 'EACCES');
  whereabouts.keep('old', 'new');
  expect(whereabouts.ended('new')).toEqual([]);
  records['new'] = OLD;
  expect(whereabouts.ended('new')).toEqual(['old']);
  whereabouts.notMirrored('new', 'EACCES');
  whereabouts.keep('old', 'new');
  delete records['new'];
  looks['new'] = GONE;
  expect(whereabouts.ended('new')).toEqual(['old']);
});

test('P7: whereabouts: no file counts as gone until the next survey when too many names are not mirrored', () => {
  const looks: Record<string, PathState> = {};
  const { whereabouts, find } = open({ old: OLD }, looks);
  for (let at = 0; at <= 10_000; at += 1) {
    looks[`f${at}`] = file(BigInt(100 + at));
    whereabouts.notMirrored(`f${at}`, 'EACCES');
  }
  expect(find()).toMatchObject({ state: 'not-mirrored', name: '' });
  whereabouts.beginSurvey();
  expect(find()).toEqual({ state: 'nowhere' });
});

describe('whereabouts: a file that was not seen', () => {
  test('may be found by a scan that is due for what happened before', () => {
    const { scansDue, find } = open({ old: OLD }, {});
    const end = scansDue.begin({ sinceMs: 10 });
    expect(find()).toEqual({ state: 'unseen' });
    end();
    expect(find()).toEqual({ state: 'nowhere' });
    scansDue.begin({ sinceMs: 11 });
    expect(find()).toEqual({ state: 'nowhere' });
  });

  test('may be found by the scan of the run that asks, whatever the cause of that run', () => {
    const { scansDue } = open({}, {});
    const end = scansDue.begin({ sinceMs: Number.POSITIVE_INFINITY, run: 3 });
    expect([scansDue.isDue(0), scansDue.isDue(0, 3), scansDue.isDue(0, 4)]).toEqual([
      false,
      true,
      false,
    ]);
    end();
    const permit = scansDue.attend(() => [{ sinceMs: 0 }]);
    expect([scansDue.isDue(0), scansDue.isDue(-1)]).toEqual([true, false]);
    permit();
    expect(scansDue.isDue(0)).toBe(false);
  });

  test('is waited for until the last of these scans is over', async () => {
    const { scansDue } = open({}, {});
    const first = scansDue.begin(UNHEARD);
    const second = scansDue.begin({ sinceMs: 5 });
    scansDue.begin({ sinceMs: 6 });
    let past = false;
    const waiting = scansDue.whenPast(5, new AbortController().signal).then(() => {
      past = true;
    });
    first();
    await clock.sleep();
    expect(past).toBe(false);
    second();
    await waiting;
    expect(past).toBe(true);
  });
});

function openWaiting(pending: readonly string[] = []) {
  const stop = new AbortController();
  const scansDue = createScansDue(clock);
  const requeued: string[] = [];
  const looked: string[] = [];
  const open = { has: (name: string) => pending.includes(name) };
  const waiting = createWaitingJobs({
    pending: open,
    scansDue,
    requeue: ({ name }) => void requeued.push(name),
    clock,
    signal: stop.signal,
  });
  const jobs = hintingOthers(waiting, open, (name) => void looked.push(name));
  return { jobs, scansDue, requeued, looked, stop };
}
const job = (name: string): Job => ({ name, asOfMs: 5 }) as Job;

describe('waiting jobs: jobs that wait', () => {
  test('for a name run when no job for it is left; a name without a job gets a hint', () => {
    const { jobs, requeued, looked } = openWaiting(['b']);
    jobs.waitFor(job('a'), 'b', false);
    jobs.waitFor(job('c'), 'b', false);
    jobs.waitFor(job('d'), 'e', false);
    jobs.waitFor(job('f'), 'g', true);
    expect([requeued, looked]).toEqual([[], ['e']]);
    jobs.ended('b');
    expect(requeued).toEqual(['a', 'c']);
    jobs.recheck();
    expect(requeued).toEqual(['a', 'c', 'd', 'f']);
  });

  test('for one another form chains, each followed in its direction', () => {
    const { jobs } = openWaiting(['a', 'b', 'c']);
    jobs.waitFor(job('a'), 'b', false);
    jobs.waitFor(job('b'), 'c', false);
    expect([
      jobs.comesDownTo('a', 'c'),
      jobs.comesDownTo('c', 'a'),
      jobs.comesDownTo('a', 'a'),
    ]).toEqual([true, false, true]);
  });

  test('for scans run when these are over', async () => {
    const { jobs, scansDue, requeued } = openWaiting();
    const end = scansDue.begin(UNHEARD);
    jobs.waitForScans(job('a'), Number.POSITIVE_INFINITY);
    for (let turn = 0; turn < 10; turn += 1) await clock.sleep();
    expect(requeued).toEqual([]);
    end();
    await expect.poll(() => requeued).toEqual(['a']);
  });

  test('for scans run when their time is over', async () => {
    const { jobs, scansDue, requeued } = openWaiting();
    scansDue.begin(UNHEARD);
    jobs.waitForScans(job('a'), 0);
    await expect.poll(() => requeued).toEqual(['a']);
  });

  test('P7: are no more than 25,000', () => {
    const { jobs } = openWaiting();
    for (let at = 0; at < 25_000; at += 1)
      expect(jobs.waitFor(job(`f${at}`), 'b', true)).toBe(true);
    expect(jobs.waitFor(job('more'), 'b', true)).toBe(false);
    expect(jobs.waitForScans(job('more'), 1)).toBe(false);
  });

  test('P4: never run when the program ends', () => {
    const { jobs, requeued, stop } = openWaiting();
    jobs.waitFor(job('a'), 'b', true);
    stop.abort();
    jobs.ended('b');
    jobs.recheck();
    expect(requeued).toEqual([]);
  });
});
