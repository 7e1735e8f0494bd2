import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { keepMirrored } from '../../src/sync/keep-mirrored.js';
import { openMirrorFixture } from './mirror-fixture.js';

test('has not ended before the ledger says what its last run did', async () => {
  const { mirror, write, stop, events } = await openMirrorFixture();
  const { ledger } = mirror.parts;
  const { update } = ledger;
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let waiting = false;
  write('a');
  const kept = keepMirrored(mirror, () => {});
  let ended = false;
  void kept.ended.then(() => {
    ended = true;
  });
  Object.assign(ledger, {
    async update(change: Parameters<typeof update>[0]) {
      waiting ||= change(ledger.read()).lastReconcile !== undefined;
      if (waiting) await gate;
      await update(change);
    },
  });
  await expect.poll(() => waiting).toBe(true);
  stop();
  await expect.poll(() => kept.watchState()).toBeNull();
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  expect(ended).toBe(false);
  open();
  await kept.ended;
  expect(events.map(({ event }) => event)).toContain('run-finished');
});
