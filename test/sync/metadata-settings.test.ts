import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { call, put } from '../drivers/conformance/fixture.js';
import { openPlace, summaryOf } from '../e2e/place.js';
import { openMirrorFixture } from './mirror-fixture.js';

const copies = (calls: readonly string[]) => calls.filter((operation) => operation === 'copyObject').length;

test('P10: changed settings of metadata are applied to what is there by the next reconcile, once, without sending it', async () => {
  const place = openPlace('    metadata: [mode]');
  const time = new Date('2020-02-03T04:05:06Z');
  for (const name of ['a', 'folder/b']) utimesSync(place.write(name), time, time);
  const timeOf = (name: string) => statSync(join(place.container, name)).mtime.toISOString();
  expect((await place.longshore('reconcile')).code).toBe(0);
  expect(timeOf('a')).not.toBe(time.toISOString());

  place.writeConfig('    metadata: [mtime, mode]');
  const scan = await place.longshore('scan');
  expect(scan.stderr).toContain('metadata settings changed mirror=documents was=mode is="mode mtime"');
  expect(timeOf('a')).not.toBe(time.toISOString()); // what a scan says nothing of stays pending

  const reconcile = await place.longshore('reconcile', '--json');
  expect([reconcile.code, timeOf('a'), timeOf('folder/b')]).toEqual([0, time.toISOString(), time.toISOString()]);
  expect(summaryOf(reconcile)).toMatchObject({ uploaded: 0, failed: 0 });
  const changed = statSync(join(place.container, 'a')).ctimeMs;
  expect((await place.longshore('reconcile', '--dry-run')).code).toBe(0);
  expect((await place.longshore('reconcile')).code).toBe(0);
  expect(statSync(join(place.container, 'a')).ctimeMs).toBe(changed);
});

test('P10: an object of another tool that does not say its time gets it as it is adopted', async () => {
  const { storage, write, run, faults } = await openMirrorFixture();
  write('a', 'content');
  await put(storage, { container: 'c', key: 'p/a' }, 'content');
  expect((await run('reconcile')).report).toMatchObject({ adopted: 1, uploaded: 0 });
  expect((await storage.headObject({ container: 'c', key: 'p/a' }, call)).metaData).toHaveProperty('mtime');
  await run('reconcile');
  expect(copies(faults.calls)).toBe(1);
});

test('an object whose provider drops metadata, or refuses to change it, is adopted after one try, and not sent', async () => {
  const forgetful = (backend: Backend): Backend => {
    const { copy } = backend.capabilities;
    if (copy === undefined) return backend;
    const copyObject: typeof copy.copyObject = (from, to, replace, given) =>
      copy.copyObject(from, to, replace && { ...replace, metaData: {} }, given);
    return { ...backend, capabilities: { ...backend.capabilities, copy: { ...copy, copyObject } } };
  };
  const archived = (backend: Backend): Backend => ({ ...backend, capabilities: { ...backend.capabilities, copy: undefined } });
  for (const [wrap, tries] of [
    [forgetful, 1],
    [archived, 0],
  ] as const) {
    const { storage, write, run, faults } = await openMirrorFixture({ wrap });
    write('a', 'content');
    await put(storage, { container: 'c', key: 'p/a' }, 'content');
    expect((await run('reconcile')).report).toMatchObject({ adopted: 1, uploaded: 0 });
    await run('reconcile');
    expect([copies(faults.calls), faults.calls.includes('putObject')]).toEqual([tries, false]);
  }
});
