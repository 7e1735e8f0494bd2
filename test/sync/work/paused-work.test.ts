import { expect, test } from 'vitest';
import { createPauseGate } from '../../../src/sync/work/pause-gate.js';
import { createPausedWork } from '../../../src/sync/work/paused-work.js';
import { createQueue, type QueuedJob } from '../../../src/sync/work/queue.js';

interface NamedJob extends QueuedJob {
  readonly mirror: string;
}

const job = (mirror: string, name: string): NamedJob => ({
  mirror,
  key: `${mirror} ${name}`,
  lane: 'small',
});

/** Two mirrors that share the queue of a target. */
function opened() {
  const stop = new AbortController();
  const queue = createQueue<NamedJob>({ concurrency: 2, waitingLimit: 10, signal: stop.signal });
  const gates = { a: createPauseGate(), b: createPauseGate() };
  const works = {
    a: createPausedWork(queue, gates.a, stop.signal),
    b: createPausedWork(queue, gates.b, stop.signal),
  };
  const ran: string[] = [];
  const dropped: string[] = [];
  for (const work of Object.values(works)) work.start(({ key }) => dropped.push(key));
  queue.start({
    async run(each) {
      if (!works[each.mirror as 'a' | 'b'].setAside(each)) ran.push(each.key);
    },
    dropped: ({ key }) => dropped.push(key),
  });
  return { stop, queue, gates, works, ran, dropped };
}

test('pause: jobs of a paused mirror wait, and those of another mirror of the target run', async () => {
  const { queue, gates, works, ran } = opened();
  queue.pause();
  await works.a.queue.add(job('a', '1'));
  await works.b.queue.add(job('b', '1'));
  gates.a.pause(1);
  queue.resume();
  await queue.whenIdle();
  expect(ran).toEqual(['b 1']);
  expect(works.a.queue.has('a 1')).toBe(true);
  expect(works.a.queue.next('a 1')).toMatchObject({ mirror: 'a' });
  works.a.queue.putBack(job('a', 'retry'));
  const added = works.a.queue.add(job('a', '2'));
  gates.a.pause(undefined);
  await added;
  await queue.whenIdle();
  expect([...ran].sort()).toEqual(['a 1', 'a 2', 'a retry', 'b 1']);
});

test('pause: a batch that the queue starts meanwhile runs after the pause, before a job for one of its names', async () => {
  const { queue, gates, works, ran } = opened();
  queue.pause();
  await works.a.queue.addBatch({
    keys: ['a 1', 'a 2'],
    run: async () => void ran.push('batch'),
    dropped: () => ran.push('dropped'),
  });
  gates.a.pause(1);
  queue.resume();
  await queue.whenIdle();
  expect(works.a.queue.has('a 2')).toBe(true);
  works.a.queue.putBack(job('a', '2'));
  gates.a.pause(undefined);
  await queue.whenIdle();
  expect(ran).toEqual(['batch', 'a 2']);
});

test('pause: when the queue stops, all that was set aside or waits for the end of the pause is dropped', async () => {
  const { stop, queue, gates, works, ran, dropped } = opened();
  gates.a.pause(1);
  works.a.queue.putBack(job('a', 'set aside'));
  const added = works.a.queue.add(job('a', 'waits'));
  stop.abort(new Error('stopped'));
  await expect(added).rejects.toThrow('stopped');
  gates.a.pause(undefined);
  await queue.whenIdle();
  expect(dropped).toEqual(['a set aside', 'a waits']);
  expect(ran).toEqual([]);
});
