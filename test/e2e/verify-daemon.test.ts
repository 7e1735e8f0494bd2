import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DaemonStatus } from '../../src/status/snapshot.js';
import { eventually } from '../world/eventually.js';
import { openLocalMirror } from '../world/mirror-in-a-folder.js';

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
  const verify = async () => {
    const { stdout } = await mirror.longshore('status', '--json');
    return (JSON.parse(stdout) as DaemonStatus).mirrors[0]?.verify;
  };
  await eventually(async () =>
    expect((await verify())?.proofs).toMatchObject({ objects: 4, verifiedObjects: 4 }),
  );
  expect(mirror.differences()).toEqual([]);
  expect((await verify())?.damaged).toEqual([]);
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
