import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ACCOUNT, type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { BARE_200, LOGIN_PAGE } from '../fakes/scripted-faults.js';
import { eventually } from '../world/eventually.js';
import { run } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

async function openMirror(profile: string) {
  const fake = await startFakeS3();
  const { folder, start } = openWorkspace('foreign-answers', () => fake.close());
  const config = join(folder, 'longshore.yaml');
  mkdirSync(join(folder, 'source'));
  writeFileSync(
    config,
    `state: ./state
targets:
  offsite: { driver: s3, profile: ${profile}, region: us-east-1, host: 127.0.0.1, port: ${fake.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: "${ACCOUNT.secret}" }
mirrors:
  - { name: documents, source: ./source, target: offsite, container: documents, settle: 20ms, lease: 10m }
`,
  );
  return {
    fake,
    path: (name: string) => join(folder, 'source', name),
    daemon: () => start(['--config', config, 'run']),
    reconcile: () => run(['--config', config, '--reconcile', '--json'], { cwd: folder }),
  };
}

/** The lease of the mirror is renewed as ever. */
const isOfFile = (key: string) => !key.startsWith('.longshore/');

function keys({ rules: { store } }: FakeS3): string[] {
  const bucket = store.buckets.get('documents');
  return bucket === undefined ? [] : store.keys(bucket).filter(isOfFile);
}

test.each([
  ['aws', '200 and no ETag', BARE_200],
  ['generic', 'a login page', LOGIN_PAGE],
])(
  'P2: reconcile with profile %s fails when each put is answered by %s and nothing is stored',
  async (profile, _, answer) => {
    const { fake, path, reconcile } = await openMirror(profile);
    writeFileSync(path('kept'), 'x');
    expect((await reconcile()).code).toBe(0);
    writeFileSync(path('new'), 'y');
    fake.faults.always('PutObject', answer, isOfFile);
    const { code, stdout, stderr } = await reconcile();
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('answered 200, but not as S3 does');
    expect(keys(fake)).toEqual(['kept']);
    fake.faults.always('PutObject', undefined);
    expect((await reconcile()).code).toBe(0);
    expect(keys(fake)).toEqual(['kept', 'new']);
  },
);

test('P4: a daemon keeps the object of a renamed file while its copy and its put are answered by a login page', async () => {
  const { fake, path, daemon } = await openMirror('generic');
  writeFileSync(path('old'), 'the only copy');
  daemon();
  await eventually(() => expect(keys(fake)).toEqual(['old']));
  for (const operation of ['PutObject', 'CopyObject'] as const)
    fake.faults.always(operation, LOGIN_PAGE, isOfFile);
  renameSync(path('old'), path('new'));
  const before = fake.count('PutObject');
  await eventually(() =>
    expect(fake.count('PutObject') + fake.count('CopyObject') - before).toBeGreaterThan(4),
  );
  expect(keys(fake)).toEqual(['old']);
  expect(fake.count('DeleteObject') + fake.count('DeleteObjects')).toBe(0);
  for (const operation of ['PutObject', 'CopyObject'] as const)
    fake.faults.always(operation, undefined);
  await eventually(() => expect(keys(fake)).toEqual(['new']));
});
