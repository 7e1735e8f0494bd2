import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DaemonStatus } from '../../src/status/snapshot.js';
import { openFake } from '../drivers/s3/open.js';
import { startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { eventually } from '../world/eventually.js';
import {
  type MirrorInAFolder,
  openLocalMirror,
  openRemoteMirror,
} from '../world/mirror-in-a-folder.js';

const VERIFY = '    verify: { within: 30d, bandwidth: off }';

/** Changes one bit in the middle of a file. */
function flipBit(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
  writeFileSync(path, bytes);
}

test('P2: a daemon finds flipped bits and a missing object in the container within one scrub, and heals them', async () => {
  const mirror = openLocalMirror(VERIFY);
  for (const name of ['damaged', 'missing', 'sound', 'folder/large'])
    mirror.write(name, `${name} `.repeat(name === 'folder/large' ? 200_000 : 1));
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  flipBit(join(mirror.container, 'damaged'));
  flipBit(join(mirror.container, 'folder/large'));
  rmSync(join(mirror.container, 'missing'));
  expect(mirror.differences()).toHaveLength(3);

  const daemon = mirror.daemon();
  const status = async () => {
    const { stdout } = await mirror.longshore('status', '--json');
    return (JSON.parse(stdout) as DaemonStatus).mirrors[0];
  };
  const verify = async () => (await status())?.verify;
  await eventually(async () =>
    expect((await verify())?.proofs).toMatchObject({ objects: 4, verifiedObjects: 4 }),
  );
  expect(mirror.differences()).toEqual([]);
  expect((await verify())?.damaged).toEqual([]);
  expect((await status())?.health).toEqual({
    lagSeconds: 0,
    lastReconcileMs: expect.any(Number),
    eventsLost: 0,
    verified: {
      share: 1,
      withinSeconds: 30 * 86_400,
      neverVerified: 0,
      oldestProofMs: expect.any(Number),
    },
  });
  const found = [...daemon.stderr().matchAll(/object damaged .*?name=(\S+)/g)].map(
    ([, name]) => name,
  );
  expect(found.sort()).toEqual(['damaged', 'folder/large', 'missing']);
  expect((await mirror.longshore('status')).stdout).toMatch(
    /verified +100 % of 4 objects within 30 d, the oldest \d+ s ago/,
  );
  daemon.kill('SIGTERM');
  await daemon.finished;

  // The next start reads nothing of it again.
  const again = mirror.daemon();
  await eventually(async () => expect((await verify())?.proofs?.verifiedObjects).toBe(4));
  expect(again.stderr()).not.toContain('object damaged');
  again.kill('SIGTERM');
  await again.finished;
});

async function proofsOf(mirror: MirrorInAFolder) {
  const { stdout } = await mirror.longshore('status', '--json');
  return (JSON.parse(stdout) as DaemonStatus).mirrors[0]?.verify?.proofs;
}

test('a daemon that is stopped in the middle of a scrub goes on there after its next start', async () => {
  const mirror = openLocalMirror('    verify: { within: 30d, bandwidth: 128KiB/s }');
  for (let n = 0; n < 40; n++) mirror.write(`f${n}`, Buffer.alloc(32 * 1024, n));
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  const daemon = mirror.daemon();
  await eventually(async () =>
    expect((await proofsOf(mirror))?.verifiedObjects).toBeGreaterThanOrEqual(4),
  );
  daemon.kill('SIGTERM');
  await daemon.finished;
  const again = mirror.daemon();
  await eventually(async () => expect(await proofsOf(mirror)).toMatchObject({ objects: 40 }));
  expect((await proofsOf(mirror))?.neverVerified).toBeLessThanOrEqual(36);
  await eventually(async () => expect((await proofsOf(mirror))?.verifiedObjects).toBe(40));
  again.kill('SIGTERM');
  await again.finished;
});

test('P2: on S3 a daemon heals objects whose bytes have decayed under the same ETag, of one request and of parts', async () => {
  const fake = await startFakeS3();
  const direct = openFake(fake);
  onTestFinished(async () => {
    await direct.close();
    await fake.close();
  });
  const mirror = openRemoteMirror({
    direct,
    target: { ...fakeTarget(fake), multipart_threshold: '6MiB' },
    mirror: VERIFY,
  });
  mirror.write('small', 'small');
  mirror.write('sound', 'sound');
  mirror.write('in parts', Buffer.alloc(11 * 2 ** 20, 'in parts '));
  const first = await mirror.longshore('reconcile');
  expect(first.code, first.stderr).toBe(0);
  const bucket = fake.rules.store.bucket(mirror.container);
  for (const name of ['small', 'in parts']) {
    const { bytes } = fake.rules.store.object(bucket, name);
    const at = bytes.length >> 1;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 8, at);
  }
  expect(await mirror.differences()).toHaveLength(2);
  const daemon = mirror.daemon();
  await eventually(async () => expect((await proofsOf(mirror))?.verifiedObjects).toBe(3));
  expect(await mirror.differences()).toEqual([]);
  expect(daemon.stderr()).toMatch(/object damaged .*name=small problem=damaged/);
  expect(daemon.stderr()).toContain('object healed');
  daemon.kill('SIGTERM');
  await daemon.finished;
});

test('P2: longshore verify --daemon: the running daemon reads a share back, and names what is wrong', async () => {
  const mirror = openLocalMirror();
  for (const name of ['a', 'b', 'c']) mirror.write(name, `${name} `.repeat(50_000));
  expect((await mirror.longshore('reconcile')).code).toBe(0);
  flipBit(join(mirror.container, 'b'));
  mirror.daemon();
  await eventually(async () =>
    expect((await mirror.longshore('status')).stdout).toContain('in-sync'),
  );
  const verify = (...args: readonly string[]) =>
    mirror.longshore('verify', 'documents', '--daemon', ...args);
  const wrong = await verify('--read-back', 'all');
  expect([wrong.code, wrong.stderr]).toEqual([5, '']);
  expect(wrong.stdout).toContain('documents: b is changed\n');
  expect(wrong.stdout).toContain(
    'documents: 3 objects read back, 293 KiB: 2 objects proven, 1 wrong',
  );

  // The one without a proof comes first, and is sound once its file was sent again. While that is looked at again, it is skipped.
  mirror.write('b', 'new content');
  await eventually(() => expect(mirror.differences()).toEqual([]));
  await eventually(async () => {
    const sound = await verify('--json');
    expect([sound.code, JSON.parse(sound.stdout)]).toEqual([
      0,
      expect.objectContaining({ event: 'verified', state: 'finished', objects: 1, proven: 1 }),
    ]);
  });
  expect((await verify('--report', 'r')).code).toBe(2);
});
