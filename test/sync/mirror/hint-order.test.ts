import { expect, test } from 'vitest';
import { pathsOf } from '../../../src/sync/upload-batch.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';

test('hints of many files in one folder: a file elsewhere goes with the first batch', async () => {
  const { mirror, write } = await openMirrorFixture();
  const many = Array.from({ length: 1_200 }, (_, at) => `many/f${at}`);
  const names = [...many, 'single', 'z/other'];
  for (const name of names) write(name);
  const batches: (readonly string[])[] = [];
  await mirror.intake.hints(names, [], {
    enqueueHinted: async (batch) => void batches.push(pathsOf(batch)),
  });
  expect(batches.length).toBeGreaterThan(2);
  expect(batches[0]).toEqual(expect.arrayContaining(['single', 'z/other']));
  expect(batches.flat().sort()).toEqual(names.sort());
});
