import { chmodSync, utimesSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { MirrorConfig } from '../../src/config/config.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';

const PROVEN_AT = 1_763_822_900_000;

/** A mirrored file whose object was read back, and the last proof of its record after each further run. */
async function mirrorWithProof(metadata: MirrorConfig['metadata'], batches = true) {
  const { mirror, write, run } = await openMirrorFixture({ mirror: { metadata }, batches });
  const { index } = mirror.parts;
  const path = write('a', 'content');
  await run('reconcile');
  const mirrored = index.get('a');
  if (mirrored === undefined) throw new Error('it was not mirrored');
  await index.put('a', { ...mirrored, provenAtMs: PROVEN_AT });
  return {
    path,
    write,
    async proofAfterScan() {
      await run('scan');
      const record = index.get('a');
      return [record?.state, record?.provenAtMs];
    },
  };
}

const later = new Date('2026-02-03T04:05:06Z');

test.each([
  ['in a batch', true],
  ['by a job', false],
])(
  'the last proof of an object stays when only the stat of its file changes, recorded %s',
  async (_, batches) => {
    const { path, proofAfterScan } = await mirrorWithProof([], batches);
    utimesSync(path, later, later);
    expect(await proofAfterScan()).toEqual(['confirmed', PROVEN_AT]);
  },
);

test('the last proof of an object goes when its content is sent again', async () => {
  const { write, proofAfterScan } = await mirrorWithProof(['mtime']);
  write('a', 'CONTENT');
  expect(await proofAfterScan()).toEqual(['confirmed', undefined]);
});

test.each([
  ['in a batch', true],
  ['by a job', false],
])(
  'the last proof of an object goes when a copy gives it other metadata, %s',
  async (_, batches) => {
    const { path, proofAfterScan } = await mirrorWithProof(['mtime', 'mode'], batches);
    chmodSync(path, 0o600);
    utimesSync(path, later, later);
    expect(await proofAfterScan()).toEqual(['confirmed', undefined]);
  },
);
