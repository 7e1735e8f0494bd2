import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ACCESS_ACL } from '../../src/sync/file-attributes.js';
import { call } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { isThere } from '../servers/installed.js';
import { aclFor, extendedBelow, setAttribute, writeAttributes } from '../world/attributes.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { openLocalMirror, openRemoteMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, isRoot, summaryOf } from '../world/program.js';
import { attributesBelow, differences, digestsBelow } from '../world/tree.js';

const KEEP = '    folders: keep\n    metadata: [mtime, mode, xattr, acl]\n';

let fake: FakeS3;
beforeAll(async () => {
  fake = await startFakeS3();
});
afterAll(() => fake.close());

function openBucketMirror(lines = KEEP) {
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  const mirror = openRemoteMirror({ target: fakeTarget(fake), direct, mirror: lines });
  const metaDataOf = async (key: string) =>
    (await direct.headObject({ container: mirror.container, key }, call)).metaData;
  return { mirror, metaDataOf };
}

/** The puts and copies of objects of files since the last call. */
function requests(): readonly string[] {
  const sent = fake.log.filter(
    ({ operation, key }) => /^(Put|Copy)Object$/.test(operation) && !key?.startsWith('.longshore/'),
  );
  fake.log.length = 0;
  return sent.map(({ operation }) => operation);
}

test.each([
  ['a local target', () => openLocalMirror(KEEP)],
  ['S3', () => openBucketMirror().mirror],
])(
  'P10: metadata: xattr, acl: %s: a restore gives files and folders their attributes, with and without state',
  async (_, open) => {
    const mirror = open();
    writeAttributes(mirror.source, mirror.write);
    const first = await mirror.longshore('reconcile', '--json');
    expect(first.code, first.stderr).toBe(0);
    const second = summaryOf(await mirror.longshore('reconcile', '--json'));
    expect(second).toMatchObject({ uploaded: 0, copied: 0, refreshed: 0, deleted: 0, failed: 0 });
    for (const [round, remember] of [true, false].entries()) {
      if (!remember) rmSync(mirror.state, { recursive: true });
      const restored = await mirror.longshore('restore', 'documents', '--to', `back${round}`);
      expect(restored.code, restored.stderr).toBe(0);
      const back = join(mirror.folder, `back${round}`);
      expect(extendedBelow(back)).toEqual(extendedBelow(mirror.source));
      expect(attributesBelow(back)).toEqual(attributesBelow(mirror.source));
      expect(differences(digestsBelow(mirror.source), digestsBelow(back))).toEqual([]);
    }
    const without = await mirror.longshore('restore', 'documents', '--to', 'none', '--no-xattr');
    expect(without.code, without.stderr).toBe(0);
    expect(extendedBelow(join(mirror.folder, 'none'))).toEqual({});

    // Another machine finds nothing to do after its restore: state and source are gone.
    rmSync(mirror.state, { recursive: true, force: true });
    const adopted = summaryOf(await mirror.longshore('reconcile', '--json'));
    expect(adopted).toMatchObject({ uploaded: 0, bytes: 0, refreshed: 0, failed: 0 });
  },
);

test('P10: metadata: xattr, acl: a change of attributes alone sends metadata and no content', async () => {
  const { mirror, metaDataOf } = openBucketMirror('    metadata: [xattr, acl]\n');
  const file = mirror.write('file', 'content');
  for (let number = 0; number < 30; number += 1) mirror.write(`many/${number}`);
  setAttribute(file, 'user.colour', 'red');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  requests();

  setAttribute(file, 'user.colour', 'blue');
  for (let number = 0; number < 30; number += 1)
    setAttribute(join(mirror.source, `many/${number}`), ACCESS_ACL, aclFor(1000, 6));
  const changed = summaryOf(await mirror.longshore('scan', '--json'));
  expect(changed).toMatchObject({ refreshed: 31, uploaded: 0, bytes: 0, failed: 0 });
  expect(requests()).toEqual(Array(31).fill('CopyObject'));
  expect(await metaDataOf('file')).toEqual({ colour: 'blue' });
  expect(Object.keys(await metaDataOf('many/7'))).toEqual(['longshore-xattr-0']);

  // Another ctime, and the same attributes.
  setAttribute(file, 'user.colour', 'green');
  setAttribute(file, 'user.colour', 'blue');
  expect(summaryOf(await mirror.longshore('scan', '--json'))).toMatchObject({
    refreshed: 0,
    uploaded: 0,
    unchanged: expect.any(Number),
  });
  expect(requests()).toEqual([]);
});

test('metadata: xattr, acl: a daemon notices a change of attributes alone', async () => {
  const { mirror, metaDataOf } = openBucketMirror('    metadata: [xattr]\n');
  const file = mirror.write('file');
  const daemon = mirror.daemon();
  await eventually(async () =>
    expect(await metaDataOf('file').catch(() => daemon.stderr())).toEqual({}),
  );
  setAttribute(file, 'user.colour', 'red');
  await eventually(async () => expect(await metaDataOf('file')).toEqual({ colour: 'red' }));
  await endWhenDone(mirror, daemon);
});

test('metadata: xattr: is given to objects that are there once it is set, and is taken from them', async () => {
  const { mirror, metaDataOf } = openBucketMirror('    metadata: []\n');
  setAttribute(mirror.write('file'), 'user.colour', 'red');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  expect(await metaDataOf('file')).toEqual({});
  for (const [setting, metaData] of [
    ['[xattr]', { colour: 'red' }],
    ['[]', {}],
  ] as const) {
    mirror.writeConfig(`    metadata: ${setting}\n`);
    requests();
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    expect(requests()).toEqual(['CopyObject']);
    expect(await metaDataOf('file')).toEqual(metaData);
  }
});

test('metadata: xattr: attributes that an object has no room for are named, and the others are kept', async () => {
  const { mirror, metaDataOf } = openBucketMirror('    metadata: [xattr]\n');
  const file = mirror.write('file');
  setAttribute(file, 'user.small', 'here');
  setAttribute(file, 'user.big', 'x'.repeat(2_500));
  const run = await mirror.longshore('reconcile', '--json');
  expect(run.code).toBe(3);
  const skipped = eventsOf(run).filter(({ event }) => event === 'skipped');
  expect(skipped).toMatchObject([
    { path: 'file', reason: 'attributes-skipped', detail: expect.stringContaining('user.big') },
  ]);
  expect(await metaDataOf('file')).toEqual({ small: 'here' });
  expect((await mirror.longshore('reconcile')).code).toBe(0);
});

test('restore: attributes of security, and those that no file can have, are not set', async () => {
  const { mirror } = openBucketMirror();
  const direct = openFake(fake);
  onTestFinished(() => direct.close());
  mirror.write('file');
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  rmSync(mirror.state, { recursive: true });
  const pack = (name: string) =>
    Buffer.concat([Buffer.from(`${name}\0`), Buffer.from([0, 0, 0, 1, 65])]).toString('base64');
  const to = { container: mirror.container, key: 'file' };
  for (const [round, name] of ['security.capability', 'trusted.x', ACCESS_ACL].entries()) {
    const metaData = { 'longshore-xattr-0': pack(name), colour: 'red' };
    const contentType = 'text/plain';
    await direct.capabilities.copy?.copyObject(to, to, { contentType, metaData }, call);
    const restored = await mirror.longshore('restore', 'documents', '--to', `x${round}`, '--json');
    expect(restored.code, restored.stderr).toBe(0);
    expect(restored.stdout).toContain('longshore-xattr');
    const found = extendedBelow(join(mirror.folder, `x${round}`));
    expect(found).toEqual({ file: { 'user.colour': Buffer.from('red').toString('base64') } });
  }
});

test('restore: a file gets its mode after its ACL, and no special bits from either', async () => {
  const { mirror } = openBucketMirror();
  const file = mirror.write('file');
  setAttribute(file, ACCESS_ACL, aclFor(1234, 7));
  execFileSync('chmod', ['u+s', file]);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const restored = await mirror.longshore('restore', 'documents', '--to', 'back');
  expect(restored.code, restored.stderr).toBe(0);
  const back = join(mirror.folder, 'back', 'file');
  expect(statSync(back).mode & 0o7777).toBe(statSync(file).mode & 0o777);
  expect(extendedBelow(join(mirror.folder, 'back'))).toEqual(extendedBelow(mirror.source));
});

test.runIf(isThere('rclone'))('P10: rclone restores plain attributes from S3', async () => {
  const { mirror } = openBucketMirror();
  writeAttributes(mirror.source, mirror.write);
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const to = join(mirror.folder, 'by-rclone');
  const { key, secret, region, host, port } = fakeTarget(fake);
  // The fake lists all keys at once, and no folders: it knows no delimiter.
  const args = ['copy', '-M', '--fast-list', '--exclude', '/.longshore/**'];
  // The fake answers from this process, which must not wait for rclone.
  await promisify(execFile)('rclone', [...args, `remote:${mirror.container}`, to], {
    env: {
      PATH: process.env['PATH'],
      HOME: mirror.folder,
      RCLONE_CONFIG: join(mirror.folder, 'no-such-file'),
      RCLONE_CONFIG_REMOTE_TYPE: 's3',
      RCLONE_CONFIG_REMOTE_PROVIDER: 'Other',
      RCLONE_CONFIG_REMOTE_ACCESS_KEY_ID: key,
      RCLONE_CONFIG_REMOTE_SECRET_ACCESS_KEY: secret,
      RCLONE_CONFIG_REMOTE_ENDPOINT: `http://${host}:${port}`,
      RCLONE_CONFIG_REMOTE_REGION: region,
    },
  });
  const found = extendedBelow(to);
  expect(found['plain']).toMatchObject({ 'user.colour': Buffer.from('red').toString('base64') });
  expect(found['odd']).toMatchObject({
    'user.colour': Buffer.from('light blue').toString('base64'),
    'user.xdg.origin.url': Buffer.from('https://example.org/a?b=%20c').toString('base64'),
  });
  expect(Object.keys(found).filter((path) => path.startsWith('many/some'))).toHaveLength(20);
});

/** Mounts a file system that has no extended attributes. */
function mountWithout(path: string): void {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'ramfs', 'none', path]);
  onTestFinished(() => void spawnSync('umount', ['--lazy', path]));
}

test.runIf(isRoot)(
  'on a file system without attributes files are restored, those that had some are listed, and a mirror says so',
  async () => {
    const mirror = openLocalMirror(KEEP);
    setAttribute(mirror.write('with'), 'user.colour', 'red');
    setAttribute(join(mirror.source, 'with'), ACCESS_ACL, aclFor(1234, 6));
    mirror.write('without');
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    const back = join(mirror.folder, 'back');
    mountWithout(back);
    const restored = await mirror.longshore('restore', 'documents', '--to', 'back', '--json');
    expect(restored.code).toBe(3);
    expect(eventsOf(restored).filter(({ event }) => event === 'failed')).toMatchObject([
      { name: 'with', problem: 'attributes', error: expect.stringContaining('ENOTSUP') },
    ]);
    expect(differences(digestsBelow(mirror.source), digestsBelow(back))).toEqual([]);
    rmSync(join(back, 'with'));
    const args = ['restore', 'documents', '--to', 'back', '--no-xattr'];
    const without = await mirror.longshore(...args);
    expect(without.code, without.stderr).toBe(0);

    mountWithout(mirror.source);
    mirror.write('here');
    const run = await mirror.longshore('scan', '--dry-run');
    expect(run.stderr).toContain('no extended attributes here');
  },
);
