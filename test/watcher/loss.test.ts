import { expect, onTestFinished, test } from 'vitest';
import type { KernelQueue } from '../../src/watcher/kernel-queue.js';
import { openWatcher } from '../../src/watcher/open-watcher.js';
import { fakeClock } from '../fakes/clock.js';
import { silent, temporaryFolder } from './fixtures.js';
import { Follower } from './follower.js';

test('P1: watcher: rescans after each loss of events, and few times after a storm of losses', async () => {
  const root = temporaryFolder(onTestFinished);
  const clock = fakeClock();
  let lose: (events: number) => void = () => {};
  const kernelQueue: KernelQueue = {
    count() {},
    onLoss(lost) {
      lose = lost;
      return () => {};
    },
  };
  const watcher = await openWatcher({
    root,
    engine: 'directories',
    chokidarLimit: 0,
    settleMs: 100,
    settleLimitMs: 1_000,
    clock,
    log: silent,
    kernelQueue,
  });
  onTestFinished(() => watcher.close());
  await watcher.ready;
  const follower = new Follower(root, watcher);
  const rescans = () =>
    follower.hints.filter((hint) => hint.kind === 'rescan' && hint.under === '').length;

  lose(16_384);
  await clock.advance(5_000);
  expect(rescans()).toBe(1);
  for (let i = 0; i < 10; i++) {
    lose(16_384);
    await clock.advance(1_000);
  }
  expect(rescans()).toBe(1);
  await clock.advance(60_000);
  expect(rescans()).toBe(2);
  expect(watcher.state().losses).toBe(11);
});
