import { expect, test } from 'vitest';
import { createKernelQueue } from '../../src/watcher/kernel-queue.js';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('kernel queue: reports a turn with half as many events as the kernel keeps as a loss, once, to every listener', async () => {
  const queue = createKernelQueue(100);
  const losses: string[] = [];
  queue.onLoss((events) => losses.push(`first ${events}`));
  const leave = queue.onLoss((events) => losses.push(`second ${events}`));
  for (let i = 0; i < 60; i++) queue.count();
  await nextTurn();
  expect(losses).toEqual(['first 60', 'second 60']);
  leave();
  for (let i = 0; i < 50; i++) queue.count();
  await nextTurn();
  expect(losses).toEqual(['first 60', 'second 60', 'first 50']);
});

test('kernel queue: reports no loss for as many events in two turns', async () => {
  const queue = createKernelQueue(100);
  let losses = 0;
  queue.onLoss(() => {
    losses += 1;
  });
  for (let turn = 0; turn < 4; turn++) {
    for (let i = 0; i < 49; i++) queue.count();
    await nextTurn();
  }
  expect(losses).toBe(0);
});
