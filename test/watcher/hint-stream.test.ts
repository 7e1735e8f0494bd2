import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createHintStream } from '../../src/watcher/hint-stream.js';
import type { Hint } from '../../src/watcher/watcher.js';
import { fakeClock } from '../fakes/clock.js';

function collect(hints: AsyncIterable<Hint>): {
  readonly seen: Hint[];
  readonly ended: Promise<void>;
} {
  const seen: Hint[] = [];
  const ended = (async () => {
    for await (const hint of hints) seen.push(hint);
  })();
  return { seen, ended };
}

test('hint stream: returns a path once it was quiet for settle after its last change', async () => {
  const clock = fakeClock();
  const hints = createHintStream({ settleMs: 500, settleLimitMs: 10_000 }, clock);
  const { seen } = collect(hints);
  hints.changed('file');
  await clock.advance(400);
  hints.changed('file');
  await clock.advance(499);
  expect(seen).toEqual([]);
  await clock.advance(1);
  expect(seen).toEqual([{ kind: 'paths', paths: ['file'], since: [0] }]);
  await clock.advance(60_000);
  expect(seen).toHaveLength(1);
  hints.close();
});

test('hint stream: returns a path that never becomes quiet at each limit', async () => {
  const clock = fakeClock();
  const hints = createHintStream({ settleMs: 500, settleLimitMs: 2_000 }, clock);
  const { seen } = collect(hints);
  for (let ms = 0; ms < 6_100; ms += 100) {
    hints.changed('growing.log');
    await clock.advance(100);
  }
  expect(seen).toHaveLength(3);
  hints.close();
});

test('hint stream: returns changes in the next turn with a settle of 0', async () => {
  const clock = fakeClock();
  const hints = createHintStream({ settleMs: 0, settleLimitMs: 0 }, clock);
  const { seen } = collect(hints);
  await clock.advance(0);
  hints.changed('a');
  hints.changed('b');
  expect(seen).toEqual([]);
  await clock.advance(0);
  await clock.advance(0);
  expect(seen).toEqual([{ kind: 'paths', paths: ['a', 'b'], since: [0, 0] }]);
  hints.close();
});

test('P7: hint stream: without a reader, changes are merged into few hints', async () => {
  const clock = fakeClock();
  const hints = createHintStream({ settleMs: 10, settleLimitMs: 100 }, clock);
  for (let i = 0; i < 100_000; i++) hints.changed(`${i % 5_000}/${i}`);
  await clock.advance(1_000);
  const { seen } = collect(hints);
  await clock.advance(0);
  expect(seen).toEqual([{ kind: 'rescan', under: '', why: 'many files changed', since: 0 }]);
  hints.close();
});

test('hint stream: close ends the iteration of waiting, settling and late readers', async () => {
  const hints = createHintStream({ settleMs: 60_000, settleLimitMs: 60_000 }, systemClock);
  const waiting = collect(hints);
  hints.close();
  await waiting.ended;

  const settling = createHintStream({ settleMs: 60_000, settleLimitMs: 60_000 }, systemClock);
  const reader = collect(settling);
  settling.changed('file');
  await new Promise((resolve) => setImmediate(resolve));
  settling.close();
  await reader.ended;
  await collect(settling).ended;
  expect([...waiting.seen, ...reader.seen]).toEqual([]);
});

test('hint stream: a change counts as unsettled from its event until its reader asks for the next hint', async () => {
  const clock = fakeClock();
  const hints = createHintStream({ settleMs: 10, settleLimitMs: 100 }, clock);
  const reader = hints[Symbol.asyncIterator]();
  expect(hints.unsettled()).toBeUndefined();
  await clock.advance(5);
  hints.changed('a/b');
  await clock.advance(5);
  hints.invalidate('c', 'doubt');
  expect(hints.unsettled()).toEqual({ since: 5 });
  expect(hints.unsettled('a/b')).toEqual({ since: 5 });
  expect(hints.unsettled('c/d')).toEqual({ since: 10 });
  expect(hints.unsettled('e')).toBeUndefined();
  await clock.advance(20);
  expect(await reader.next()).toEqual({
    done: false,
    value: { kind: 'rescan', under: 'c', why: 'doubt', since: 10 },
  });
  expect(hints.unsettled()).toEqual({ since: 5 });
  expect((await reader.next()).value).toEqual({ kind: 'paths', paths: ['a/b'], since: [5] });
  expect(hints.unsettled('c/d')).toBeUndefined();
  expect(hints.unsettled()).toEqual({ since: 5 });
  hints.invalidate('', 'events may have been lost', true);
  expect(hints.unsettled()).toEqual({ since: undefined });
  const last = reader.next();
  await clock.advance(20);
  expect((await last).value).toMatchObject({ kind: 'rescan', under: '', since: undefined });
  void reader.next();
  await clock.advance(0);
  expect(hints.unsettled()).toBeUndefined();
  hints.close();
});

test('hint stream: finds a file by its inode under the path where it appeared, until that hint is done', async () => {
  const hints = createHintStream({ settleMs: 0, settleLimitMs: 0 }, systemClock);
  const reader = hints[Symbol.asyncIterator]();
  hints.changed('a', 7n);
  hints.changed('folder/b', 7n);
  hints.changed('c', 8n);
  hints.changed('c');
  expect([hints.appearedAs(7n), hints.appearedAs(8n)]).toEqual([['a', 'folder/b'], []]);
  hints.invalidate('folder', 'test');
  hints.changed('folder/d', 9n);
  expect([hints.appearedAs(7n), hints.appearedAs(9n)], 'a rescan covers the others').toEqual([
    ['a'],
    [],
  ]);
  expect(hints.unsettledRescans()).toBeDefined();
  expect((await reader.next()).value).toMatchObject({ kind: 'rescan' });
  expect(hints.unsettledRescans(), 'the reader has not asked for the next').toBeDefined();
  expect((await reader.next()).value).toMatchObject({ kind: 'paths' });
  expect([hints.appearedAs(7n), hints.unsettledRescans()]).toEqual([['a'], undefined]);
  void reader.next();
  expect(hints.appearedAs(7n)).toEqual([]);
  hints.close();
});

test('hint stream: a path of a hint that is worked on is unsettled since its own change, any path since the oldest', async () => {
  const clock = fakeClock();
  const hints = createHintStream({ settleMs: 500, settleLimitMs: 10_000 }, clock);
  const iterator = hints[Symbol.asyncIterator]();
  hints.changed('a');
  await clock.advance(100);
  hints.changed('b');
  await clock.advance(500);
  expect((await iterator.next()).value).toMatchObject({ kind: 'paths', paths: ['a', 'b'] });
  expect(hints.unsettled()).toEqual({ since: 0 });
  expect(hints.unsettled('b')).toEqual({ since: 100 });
  expect(hints.unsettled('c')).toBeUndefined();
  hints.close();
});

test('hint stream: a question about a hint of many paths reads none of its times', async () => {
  const clock = fakeClock();
  const hints = createHintStream({ settleMs: 0, settleLimitMs: 0 }, clock);
  const iterator = hints[Symbol.asyncIterator]();
  const paths = Array.from({ length: 500 }, (_, at) => `f${at}`);
  for (const path of paths) hints.changed(path);
  const next = iterator.next();
  await clock.advance(0);
  const { value } = await next;
  if (value?.kind !== 'paths') throw new Error('no paths were given out');
  const times = value.since as number[];
  let reads = 0;
  for (const at of times.keys()) {
    const since = times[at];
    Object.defineProperty(times, at, {
      get() {
        reads += 1;
        return since;
      },
    });
  }
  for (const path of paths) {
    expect(hints.unsettled(path)).toEqual({ since: 0 });
    expect(hints.unsettled()).toEqual({ since: 0 });
  }
  expect(reads).toBe(0);
  hints.close();
});
