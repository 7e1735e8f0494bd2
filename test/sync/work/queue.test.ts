import { describe, expect, test } from 'vitest';
import { createQueue, FEWEST_TOGETHER, type QueuedJob } from '../../../src/sync/work/queue.js';

interface TestJob extends QueuedJob {
  readonly version: number;
}

/** Jobs run until they are let go, so that a test decides what is under way. */
function gate() {
  const running: { job: TestJob; finish(): void }[] = [];
  const started: string[] = [];
  return {
    running,
    started,
    run: (job: TestJob) =>
      new Promise<void>((resolve) => {
        started.push(`${job.key}${job.version}`);
        running.push({ job, finish: resolve });
      }),
    async finish(key: string) {
      const at = running.findIndex(({ job }) => job.key === key);
      running.splice(at, 1)[0]?.finish();
      await turn();
    },
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const job = (key: string, version = 1, lane: TestJob['lane'] = 'small'): TestJob => ({
  key,
  lane,
  version,
});

const ignore = () => {};

describe('the queue', () => {
  test('runs one job per key at a time; one added meanwhile runs again after, and only the newest', async () => {
    const { run, started, finish } = gate();
    const queue = createQueue<TestJob>({ concurrency: 4, waitingLimit: 10 });
    queue.start({ run, dropped: ignore });
    await queue.add(job('a', 1));
    await turn();
    await queue.add(job('a', 2));
    await queue.add(job('a', 3));
    await turn();
    expect(started).toEqual(['a1']);
    await finish('a');
    expect(started).toEqual(['a1', 'a3']);
    await finish('a');
    expect(queue.running + queue.waiting).toBe(0);
  });

  test('a key that waits already is not added a second time', async () => {
    const { run, started, finish } = gate();
    const queue = createQueue<TestJob>({ concurrency: 1, waitingLimit: 10 });
    queue.start({ run, dropped: ignore });
    await queue.add(job('a'));
    await turn();
    await queue.add(job('b', 1));
    await queue.add(job('b', 2));
    await finish('a');
    await finish('b');
    expect(started).toEqual(['a1', 'b1']);
  });

  test('P1: a job that waits learns what a newer one for its key knows', async () => {
    const { run, started, finish } = gate();
    const combine = (waiting: TestJob, newer: TestJob) => ({
      ...waiting,
      version: 10 * waiting.version + newer.version,
    });
    const queue = createQueue<TestJob>({ concurrency: 1, waitingLimit: 10, combine });
    queue.start({ run, dropped: ignore });
    await queue.add(job('a'));
    await turn();
    for (const version of [1, 2, 3]) await queue.add(job('b', version));
    await finish('a');
    await finish('b');
    expect(started).toEqual(['a1', 'b123']);
  });

  test('P7: never more than waitingLimit wait: add() holds the caller back', async () => {
    const { run, finish } = gate();
    const queue = createQueue<TestJob>({ concurrency: 1, waitingLimit: 3 });
    queue.start({ run, dropped: ignore });
    let added = 0;
    const feeding = (async () => {
      for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
        await queue.add(job(key));
        added += 1;
      }
    })();
    await turn();
    expect(queue.waiting).toBeLessThanOrEqual(3);
    expect(added).toBeLessThan(6);
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) await finish(key);
    await feeding;
    expect(added).toBe(6);
  });

  test('P7: a job that is put back is taken at once, however many wait, and dropped once the queue is stopped', async () => {
    const { run, started, finish } = gate();
    const dropped: string[] = [];
    const stop = new AbortController();
    const { signal } = stop;
    const queue = createQueue<TestJob>({ concurrency: 1, waitingLimit: 2, signal });
    queue.start({ run, dropped: ({ key }) => dropped.push(key) });
    for (const key of ['a', 'b', 'c', 'd']) expect(queue.putBack(job(key))).toBeUndefined();
    expect(queue.waiting + queue.running).toBe(4);
    await turn();
    await finish('a');
    expect(started).toEqual(['a1', 'b1']);
    stop.abort(new Error('enough'));
    queue.putBack(job('e'));
    expect(dropped).toEqual(['c', 'd', 'e']);
    await finish('b');
    await queue.whenIdle();
  });

  test('large files leave slots to small ones', async () => {
    const { run, started } = gate();
    const queue = createQueue<TestJob>({ concurrency: 16, waitingLimit: 100 });
    queue.start({ run, dropped: ignore });
    for (let at = 0; at < 20; at += 1) await queue.add(job(`L${at}.`, 1, 'large'));
    await queue.add(job('s', 1, 'small'));
    await turn();
    expect(started.filter((key) => key.startsWith('L'))).toHaveLength(2);
    expect(started).toContain('s1');
  });

  test('deletes hold more slots than the lane has when these are asked for', async () => {
    const { run, started } = gate();
    const queue = createQueue<TestJob>({ concurrency: 2, waitingLimit: 4, deletesAtOnce: 7 });
    queue.start({ run, dropped: ignore });
    for (let at = 0; at < 10; at += 1) await queue.add(job(`d${at}.`, 1, 'delete'));
    await turn();
    expect(started).toHaveLength(7);
  });

  test('a paused queue starts nothing; what was dropped never runs', async () => {
    const { run, started } = gate();
    const dropped: string[] = [];
    const queue = createQueue<TestJob>({ concurrency: 2, waitingLimit: 10 });
    queue.start({ run, dropped: ({ key }) => dropped.push(key) });
    queue.pause();
    await queue.add(job('a'));
    await queue.add(job('b'));
    await turn();
    expect(started).toEqual([]);
    queue.clear();
    expect(dropped).toEqual(['a', 'b']);
    await queue.whenIdle();
    queue.resume();
    await queue.add(job('c'));
    await turn();
    expect(started).toEqual(['c1']);
  });

  test('starts nothing once its signal is aborted: what waits, what would run again and what comes later is dropped', async () => {
    const { run, started, finish } = gate();
    const dropped: string[] = [];
    const stop = new AbortController();
    const note = ({ key, version }: TestJob) => dropped.push(`${key}${version}`);
    const queue = createQueue<TestJob>({ concurrency: 1, waitingLimit: 2, signal: stop.signal });
    queue.start({ run, dropped: note });
    await queue.add(job('a'));
    await turn();
    await queue.add(job('a', 2));
    await queue.add(job('b'));
    const heldBack = queue.add(job('c')); // there is no room
    stop.abort(new Error('enough'));
    await expect(heldBack).rejects.toThrow('enough');
    await expect(queue.add(job('d'))).rejects.toThrow('enough');
    await finish('a');
    await queue.whenIdle();
    expect(started).toEqual(['a1']);
    expect(dropped.toSorted()).toEqual(['a2', 'b1', 'c1', 'd1']);
  });

  test('a paused queue holds no caller back once its signal is aborted', async () => {
    const stop = new AbortController();
    const queue = createQueue<TestJob>({ concurrency: 1, waitingLimit: 1, signal: stop.signal });
    queue.start({ run: async () => {}, dropped: ignore });
    queue.pause();
    const heldBack = queue.add(job('a'));
    stop.abort(new Error('enough'));
    await expect(heldBack).rejects.toThrow('enough');
    await queue.whenIdle();
  });

  test('a queue without a worker takes no job', async () => {
    const queue = createQueue<TestJob>({ concurrency: 1, waitingLimit: 1 });
    await expect(queue.add(job('a'))).rejects.toThrow('not started');
  });

  describe('deletes of one turn', () => {
    const names = Array.from({ length: FEWEST_TOGETHER }, (_, at) => `d${at}.`);

    /** `left`: keys that are to run alone. */
    function together(left: readonly string[] = [], options = {}) {
      const { run, started, finish } = gate();
      const groups: string[][] = [];
      const dropped: string[] = [];
      let end = () => {};
      const queue = createQueue<TestJob>({ concurrency: 4, waitingLimit: 10, ...options });
      queue.start({
        run,
        runTogether: (jobs) =>
          new Promise((resolve) => {
            groups.push(jobs.map(({ key }) => key));
            end = () => resolve(jobs.filter(({ key }) => left.includes(key)));
          }),
        dropped: ({ key, version }) => dropped.push(`${key}${version}`),
      });
      const endGroup = async () => {
        end();
        await turn();
      };
      return { queue, started, finish, groups, dropped, endGroup };
    }

    test('run together when they are many, and those that are left run alone', async () => {
      const { queue, started, finish, groups, endGroup } = together(['d3.']);
      for (const key of names) await queue.add(job(key, 1, 'delete'));
      await turn();
      expect([groups, started]).toEqual([[names], []]);
      expect(queue.running).toBe(names.length);
      await endGroup();
      expect(started).toEqual(['d3.1']);
      await finish('d3.');
      await queue.whenIdle();
    });

    test('run alone when they are few', async () => {
      const { queue, started, groups } = together([], { waitingLimit: 20 });
      for (const key of names.slice(1)) await queue.add(job(key, 1, 'delete'));
      await turn();
      expect(groups).toEqual([]);
      expect(started).toHaveLength(names.length - 1);
    });

    test('P1: a job that is added for a name meanwhile runs afterwards; for one that is left, once', async () => {
      const combine = (_: TestJob, newer: TestJob) => newer;
      const { queue, started, endGroup } = together(['d3.'], { combine });
      for (const key of names) await queue.add(job(key, 1, 'delete'));
      await turn();
      await queue.add(job('d2.', 2));
      await queue.add(job('d3.', 2));
      expect(started).toEqual([]);
      await endGroup();
      expect(started.toSorted()).toEqual(['d2.2', 'd3.2']);
    });

    test('P7: wait in a bounded number while the queue is paused, and are dropped when it is stopped', async () => {
      const stop = new AbortController();
      const { queue, started, groups, dropped } = together([], { signal: stop.signal });
      queue.pause();
      let added = 0;
      const feeding = (async () => {
        for (; added < 20_000; added += 1) await queue.add(job(`${added}.`, 1, 'delete'));
      })();
      await turn();
      await turn();
      expect(added).toBeLessThan(10_001);
      expect(added).toBeGreaterThan(9_000);
      stop.abort(new Error('enough'));
      await expect(feeding).rejects.toThrow('enough');
      queue.resume();
      await queue.whenIdle();
      expect([started, groups]).toEqual([[], []]);
      expect(dropped).toHaveLength(added + 1);
    });

    test('that were left when the queue is stopped are dropped', async () => {
      const stop = new AbortController();
      const { queue, started, dropped, endGroup } = together(['d3.'], { signal: stop.signal });
      for (const key of names) await queue.add(job(key, 1, 'delete'));
      await turn();
      stop.abort(new Error('enough'));
      await endGroup();
      await queue.whenIdle();
      expect([started, dropped]).toEqual([[], ['d3.1']]);
    });
  });

  describe('a batch', () => {
    function batchGate(keys: readonly string[]) {
      let finish = () => {};
      const events: string[] = [];
      return {
        events,
        finish: async () => {
          finish();
          await turn();
        },
        batch: {
          keys,
          run: () =>
            new Promise<void>((resolve) => {
              events.push('run');
              finish = resolve;
            }),
          dropped: () => void events.push('dropped'),
        },
      };
    }

    test('P1: a job that is added for a name of a batch runs after the batch, also while that waits', async () => {
      const { run, started, finish } = gate();
      const queue = createQueue<TestJob>({ concurrency: 4, waitingLimit: 10 });
      queue.start({ run, dropped: ignore });
      const { batch, events, finish: finishBatch } = batchGate(['a', 'b']);
      queue.pause();
      await queue.addBatch(batch);
      expect([queue.has('a'), queue.has('b'), queue.has('c')]).toEqual([true, true, false]);
      await queue.add(job('a', 2));
      expect(queue.next('a')).toEqual(job('a', 2));
      queue.resume();
      await turn();
      expect([events, started]).toEqual([['run'], []]);
      await finishBatch();
      expect(started).toEqual(['a2']);
      expect(queue.has('b')).toBe(false);
      await finish('a');
      await queue.whenIdle();
    });

    test('P7: three run at once and two wait: addBatch() holds the caller back', async () => {
      const { run } = gate();
      const queue = createQueue<TestJob>({ concurrency: 4, waitingLimit: 10 });
      queue.start({ run, dropped: ignore });
      const batches = Array.from({ length: 5 }, (_, at) => batchGate([`k${at}`]));
      let taken = 0;
      for (const { batch } of batches) void queue.addBatch(batch).then(() => (taken += 1));
      await turn();
      expect(batches.map(({ events }) => events.length)).toEqual([1, 1, 1, 0, 0]);
      expect(taken).toBe(4);
      await batches[0]?.finish();
      expect(batches.map(({ events }) => events.length)).toEqual([1, 1, 1, 1, 0]);
      expect(taken).toBe(5);
      for (const { finish } of batches) await finish();
      await queue.whenIdle();
    });

    test('P7: whenNoBatchWaits() resolves when all batches run, and rejects when the queue is stopped', async () => {
      const stop = new AbortController();
      const { signal } = stop;
      const queue = createQueue<TestJob>({ concurrency: 4, waitingLimit: 10, signal });
      queue.start({ run: gate().run, dropped: ignore });
      const batches = Array.from({ length: 4 }, (_, at) => batchGate([`k${at}`]));
      const [last, ...others] = batches;
      for (const { batch } of others) await queue.addBatch(batch);
      await queue.whenNoBatchWaits();
      if (last !== undefined) await queue.addBatch(last.batch);
      let isFree = false;
      const free = queue.whenNoBatchWaits().then(() => (isFree = true));
      await turn();
      expect(isFree).toBe(false);
      await others[0]?.finish();
      await free;
      const late = batchGate(['late']);
      await queue.addBatch(late.batch);
      const stopped = expect(queue.whenNoBatchWaits()).rejects.toThrow('stopped');
      stop.abort(new Error('stopped'));
      await stopped;
      for (const { finish } of batches) await finish();
      await queue.whenIdle();
    });

    test('is dropped with the jobs of its names when the queue is cleared or stopped, and not when it runs', async () => {
      const { run, started } = gate();
      const dropped: string[] = [];
      const stop = new AbortController();
      const { signal } = stop;
      const queue = createQueue<TestJob>({ concurrency: 4, waitingLimit: 10, signal });
      queue.start({ run, dropped: ({ key }) => void dropped.push(key) });
      const running = batchGate(['a']);
      const waiting = batchGate(['b']);
      await queue.addBatch(running.batch);
      await turn();
      queue.pause();
      await queue.addBatch(waiting.batch);
      await queue.add(job('a'));
      await queue.add(job('b'));
      stop.abort(new Error('stopped'));
      expect(dropped.toSorted()).toEqual(['a', 'b']);
      expect([running.events, waiting.events]).toEqual([['run'], ['dropped']]);
      expect([queue.has('a'), queue.has('b')]).toEqual([true, false]);
      const late = batchGate(['c']);
      await expect(queue.addBatch(late.batch)).rejects.toThrow('stopped');
      expect(late.events).toEqual(['dropped']);
      queue.resume();
      await running.finish();
      await queue.whenIdle();
      expect(started).toEqual([]);
    });
  });
});
