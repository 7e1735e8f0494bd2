import { mkdirSync, renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openMirrorFixture } from '../world/mirror-in-process.js';

test('P4: a source that was first seen before its disk was mounted is known by the disk, not by the mount point', async () => {
  const { mirror, run, write, objects } = await openMirrorFixture();
  const { source } = mirror.settings;
  const exchange = (permit: string, come: string) => {
    renameSync(source, `${source}.${permit}`);
    if (come === '') mkdirSync(source);
    else renameSync(`${source}.${come}`, source);
  };
  await run('reconcile');
  exchange('mount-point', '');
  for (const name of ['a', 'b']) write(name, 'on the disk');
  await run('reconcile');
  write('a', 'on the disk, changed');
  await run('reconcile');
  const mirrored = { 'p/a': 'on the disk, changed', 'p/b': 'on the disk' };
  expect(await objects()).toEqual(mirrored);

  // Not mounted, and a program writes where it should be.
  exchange('disk', 'mount-point');
  write('a', 'beside the disk');
  write('stray', 'beside the disk');
  for (const kind of ['scan', 'reconcile'] as const)
    expect((await run(kind)).report).toMatchObject({ deleted: 0 });
  expect(await objects()).toEqual({ ...mirrored, 'p/stray': 'beside the disk' });
});
