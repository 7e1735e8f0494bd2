import { expect, test } from 'vitest';
import { batchesOf } from '../../../src/sync/mirror/examine-batch.js';
import { pacedReadBack } from '../../../src/sync/mirror/paced-read-back.js';
import type { RecordedContent, RemoteReadBack } from '../../../src/sync/proof/batch-read-back.js';

const never = new AbortController().signal;
const objects: readonly RecordedContent[] = [3, 4].map((size) => ({
  ...{ name: `of ${size}`, size, md5: 'x', parts: undefined },
}));

/** What happens, in order; `free`: whether a process is after the wait. */
function opened({ free = true } = {}) {
  const steps: string[] = [];
  const remote: RemoteReadBack = {
    takes: () => free,
    async readBack(given) {
      steps.push('read');
      return given.map(() => true);
    },
  };
  const paced = pacedReadBack(remote, {
    draw: async (bytes) => void steps.push(`draw ${bytes}`),
    whenQuiet: async () => void steps.push('quiet'),
  });
  return { steps, paced };
}

test('scrub: what another process reads is drawn from the pace, and waits for a quiet time', async () => {
  const { steps, paced } = opened();
  expect(await paced.readBack(objects, never)).toEqual([true, true]);
  expect(steps).toEqual(['draw 7', 'quiet', 'read']);
});

test('scrub: nothing is given away when no process is free after the wait', async () => {
  const { steps, paced } = opened({ free: false });
  await expect(paced.readBack(objects, never)).rejects.toThrow('no process is free');
  expect(steps).not.toContain('read');
});

test('batches of read-backs: only a single object has more bytes than one may have, and each is there once', async () => {
  const sizes = [10, 10, 70, 30, 30, 30, 5, 90, 1];
  const candidates = sizes.map((size, at) => ({ name: String(at), size, provenAtMs: undefined }));
  const { paced } = opened();
  const batches: (readonly { readonly name: string; readonly size: number }[])[] = [];
  for await (const batch of batchesOf(candidates as never, { remote: paced, mostBytes: 64 }))
    batches.push(batch);
  expect(batches.flat().map(({ name }) => name)).toEqual(sizes.map((_, at) => String(at)));
  const bytes = batches.map((batch) => batch.reduce((sum, { size }) => sum + size, 0));
  expect(bytes).toEqual([20, 70, 60, 35, 90, 1]);
});
