import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openFake } from '../drivers/azure/open.js';
import { call, put } from '../drivers/conformance/fixture.js';
import { KEY } from '../fakes/azure/identity.js';
import { ACCOUNT } from '../fakes/azure/request.js';
import { type FakeAzure, startFakeAzure } from '../fakes/azure/server.js';
import { eventsOf } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

let fake: FakeAzure;
beforeEach(async () => {
  fake = await startFakeAzure();
  return () => fake.close();
});

test('restore from Azure: archived blobs are listed with the command that thaws them, and the others are restored', async () => {
  const backend = openFake(fake);
  await backend.createContainer('photos', call);
  for (const [key, storageClass] of [
    ['cold', 'ARCHIVE'],
    ['thawing', 'ARCHIVE'],
    ['warm', 'HOT'],
  ] as const)
    await put(backend, { container: 'photos', key }, key, { storageClass });
  await backend.close();
  const { blobs } = fake.rules.store.container('photos');
  blobs.set('thawing', { ...blobs.get('thawing')!, archiveStatus: 'rehydrate-pending-to-hot' });

  const { folder, start } = openWorkspace('restore-azure');
  const env = { AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: KEY };
  const args = [
    'restore',
    'azure_blobs:photos',
    '--endpoint',
    fake.origin,
    '--to',
    'back',
    '--json',
  ];
  const done = await start(args, { env }).finished;
  expect(done.code, done.stderr).toBe(3);
  const failed = eventsOf(done).filter(({ event }) => event === 'failed');
  expect(failed.map(({ name, problem }) => [name, problem]).sort()).toEqual([
    ['cold', 'archived'],
    ['thawing', 'archived'],
  ]);
  const said = (name: string) => String(failed.find((each) => each['name'] === name)?.['error']);
  expect(said('cold')).toContain('az storage blob set-tier --account-name ACCOUNT');
  expect(said('cold')).toContain('--container-name photos --name cold --tier Hot');
  expect(said('thawing')).toContain('on its way (rehydrate-pending-to-hot)');
  expect(readdirSync(join(folder, 'back'))).toEqual(['warm']);
});

test('restore --at from Azure without versions: what is there since before is restored, in whatever order it is listed', async () => {
  const backend = openFake(fake);
  await backend.createContainer('photos', call);
  const names = ['\u{1f600}', '\uff5e', 'a', 'z'];
  for (const key of names) await put(backend, { container: 'photos', key }, key);
  await backend.close();
  const { folder, start } = openWorkspace('restore-azure');
  const env = { AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: KEY };
  const at = new Date(Date.now() + 1_000).toISOString();
  const args = ['restore', 'azure_blobs:photos', '--endpoint', fake.origin, '--to', 'back'];
  const done = await start([...args, '--at', at], { env }).finished;
  expect(done.code, done.stderr).toBe(0);
  expect(readdirSync(join(folder, 'back')).sort()).toEqual([...names].sort());
});
