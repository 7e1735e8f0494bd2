import { expect, test } from 'vitest';
import { createCondition } from '../../../src/condition.js';
import { quietTimes } from '../../../src/sync/mirror/quiet-times.js';
import { fakeClock } from '../../fakes/clock.js';

/** A target whose jobs, health and throttling the test sets. */
function target() {
  const clock = fakeClock();
  const changed = createCondition();
  const now = { running: 0, trouble: undefined as Error | undefined };
  let throttledAtMs: number | undefined;
  const until = async (isSo: () => boolean, signal: AbortSignal) => {
    while (!isSo()) await changed.wait(signal);
  };
  const stop = new AbortController();
  const whenQuiet = quietTimes({
    queue: {
      waiting: 0,
      get running() {
        return now.running;
      },
      whenIdle: () => until(() => now.running === 0, stop.signal),
    },
    health: {
      get trouble() {
        return now.trouble;
      },
      whenUp: (signal) => until(() => now.trouble === undefined, signal),
    },
    throttledAtMs: () => throttledAtMs,
    clock,
  });
  return {
    clock,
    set(changes: Partial<typeof now>) {
      Object.assign(now, changes);
      changed.notifyAll();
    },
    throttle() {
      throttledAtMs = clock.monotonic();
    },
    /** Whether the scrub may read, once all that is due has happened. */
    async isQuiet(): Promise<boolean> {
      let quiet = false;
      const controller = new AbortController();
      const waiting = whenQuiet(controller.signal).then(
        () => {
          quiet = true;
        },
        () => {},
      );
      await clock.advance(0);
      controller.abort(new Error('asked'));
      await waiting;
      return quiet;
    },
  };
}

test('quiet times: a target without jobs that is up is quiet', async () => {
  expect(await target().isQuiet()).toBe(true);
});

test('quiet times: end when a job runs, and come back when it is over', async () => {
  const { set, isQuiet } = target();
  set({ running: 1 });
  expect(await isQuiet()).toBe(false);
  set({ running: 0 });
  expect(await isQuiet()).toBe(true);
});

test('quiet times: there are none while the target is down', async () => {
  const { set, isQuiet } = target();
  set({ trouble: new Error('down') });
  expect(await isQuiet()).toBe(false);
  set({ trouble: undefined });
  expect(await isQuiet()).toBe(true);
});

test('quiet times: there are none for a minute after the target has throttled', async () => {
  const { clock, throttle, isQuiet } = target();
  await clock.advance(1_000);
  throttle();
  await clock.advance(59_000);
  expect(await isQuiet()).toBe(false);
  await clock.advance(1_000);
  expect(await isQuiet()).toBe(true);
});
