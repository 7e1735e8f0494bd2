import { truncateSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { collectDeletes } from '../../src/sync/mirror/run-deletes.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';

const GIB = 2 ** 30;

test('mirror: the first signal ends the hashing of a large file, and nothing is sent', async () => {
  // An object of the file's size, so that only its content can say whether they are the same: minutes of reading.
  const size = 200 * GIB;
  const listsOne = (backend: Backend): Backend => ({
    ...backend,
    listObjects: async () => ({
      items: [
        {
          container: 'c',
          key: 'p/film',
          size,
          checksums: [{ algorithm: 'md5', hex: '0'.repeat(32) }],
          metaData: {},
          extra: {},
        },
      ],
      next: undefined,
    }),
  });
  const { mirror, write, run, drain, faults, events } = await openMirrorFixture({ wrap: listsOne });
  truncateSync(write('film'), size);
  const running = run('reconcile').catch((error: Error) => error.message);
  await expect.poll(() => mirror.parts.queue.running).toBe(1);
  drain();
  expect(await running).toBe('stopped');
  await mirror.parts.queue.whenIdle();
  expect(faults.calls).not.toContain('putObject');
  expect(events.filter(({ event }) => event === 'done' || event === 'failed')).toEqual([]);
});

test('mirror: deletes that a scan has found are not made, counted or reported after the signal', async () => {
  const { mirror, drain } = await openMirrorFixture();
  const listener: string[] = [];
  const deletes = collectDeletes(mirror, {
    whyKept: () => 'it stays',
    kept: (name) => listener.push(name),
  });
  const decision = { action: 'delete', why: 'gone' } as const;
  for (let at = 0; at < 2_000; at += 1)
    deletes.add({
      kind: 'finding',
      name: `${at}`,
      local: undefined,
      known: undefined,
      remote: 'unknown',
      decision,
    });
  drain();
  await expect(
    deletes.enqueue(mirror.runs.begin(mirror.parts.index), true, 0, mirror.parts.drain),
  ).rejects.toThrow('stopped');
  expect(listener).toEqual([]);
  deletes.close();
});
