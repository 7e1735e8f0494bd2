import { utimesSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

test('a run that only changes metadata of objects says of how many', async () => {
  const mirror = openLocalMirror('    metadata: [mtime]\n');
  const touched = mirror.write('touched');
  mirror.write('left');
  await mirror.longshore('--reconcile');
  utimesSync(touched, 1_000_000_000, 1_000_000_000);
  const finished = await mirror.longshore('--reconcile', '--json');
  expect(summaryOf(finished)).toMatchObject({ uploaded: 0, copied: 0, refreshed: 1, unchanged: 1 });
  utimesSync(touched, 1_100_000_000, 1_100_000_000);
  expect((await mirror.longshore('--reconcile')).stdout).toMatch(
    /documents: 1 given other metadata, 1 unchanged; 2 files/,
  );
});
