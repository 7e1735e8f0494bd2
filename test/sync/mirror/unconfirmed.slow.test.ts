import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ObjectError } from '../../../src/drivers/errors.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';

const ONCE = {
  backoff: { firstMs: 1, limitMs: 5 },
  attempts: 1,
  keepsTrying: false,
};
const failure = () => new ObjectError('f', 'was refused', { driver: 'memory' });

test.each(['always', 'never'] as const)(
  'P4, P5: an object that was stored without an answer is deleted with its file, also after a second upload that stored nothing: overwrite: %s',
  async (overwrite) => {
    const fixture = await openMirrorFixture({
      persistence: ONCE,
      mirror: { extraneous: 'keep', overwrite },
    });
    const stays = { 'p/stays': 'stays' };
    const { faults, write, remove, run, objects } = fixture;
    write('stays');
    await run('reconcile');
    write('f', 'first');
    faults.next('putObject', { lost: failure() });
    await run('scan');
    expect(await objects()).toEqual({ ...stays, 'p/f': 'first' });

    write('f', 'second content');
    faults.next('putObject', failure());
    await run('scan');
    faults.assertUsedUp();
    expect(await objects()).toEqual({ ...stays, 'p/f': 'first' });

    remove('f');
    await run('scan');
    expect(await objects()).toEqual(stays);
  },
);

test('P4: an object that was stored without an answer is not overwritten before its content is there under the new name of the file', async () => {
  const puts: string[] = [];
  const fixture = await openMirrorFixture({
    persistence: ONCE,
    target: { concurrency: 1 },
    wrap: (storage) => ({
      ...storage,
      putObject(ref, ...rest) {
        puts.push(ref.key);
        return storage.putObject(ref, ...rest);
      },
    }),
  });
  const { faults, write, run, objects, mirror } = fixture;
  const { source } = mirror.settings;
  await run('reconcile');
  write('f', 'content');
  faults.next('putObject', { lost: failure() });
  await run('scan');
  expect(await objects()).toEqual({ 'p/f': 'content' });

  renameSync(join(source, 'f'), join(source, 'moved'));
  write('f', 'another content');
  puts.length = 0;
  await run('scan');
  expect(puts).toEqual(['p/moved', 'p/f']);
  expect(await objects()).toEqual({ 'p/f': 'another content', 'p/moved': 'content' });
});
