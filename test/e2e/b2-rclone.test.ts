import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openFake, placeOf } from '../drivers/b2/open.js';
import { call } from '../drivers/conformance/fixture.js';
import { KEY_ID, SECRET } from '../fakes/b2/account.js';
import { type FakeB2, startFakeB2 } from '../fakes/b2/server.js';
import { isThere } from '../servers/installed.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';
import { differences, digestsBelow } from '../world/tree.js';

let fake: FakeB2;
beforeAll(async () => {
  fake = await startFakeB2();
});
afterAll(() => fake.close());

const PART = 10_000_000;

function openMirror(): RemoteMirror {
  const direct = openFake(fake, { hard_delete: true });
  onTestFinished(() => direct.close());
  return openRemoteMirror({
    target: { driver: 'backblaze_b2', ...placeOf(fake.origin), multipart_threshold: '12MiB' },
    direct,
  });
}

async function rclone({ folder }: RemoteMirror, ...args: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    RCLONE_CONFIG: join(folder, 'no-such-file'),
    RCLONE_CONFIG_REMOTE_TYPE: 'b2',
    RCLONE_CONFIG_REMOTE_ACCOUNT: KEY_ID,
    RCLONE_CONFIG_REMOTE_KEY: SECRET,
    RCLONE_CONFIG_REMOTE_ENDPOINT: fake.origin,
    RCLONE_EXCLUDE: '/.longshore/**',
  };
  return (await promisify(execFile)('rclone', args, { env, encoding: 'utf8' })).stdout;
}

function fill(source: string): void {
  mkdirSync(join(source, 'folder'));
  for (const name of ['a', 'folder/b c', 'folder/100% ü', 'empty'])
    writeFileSync(join(source, name), name === 'empty' ? '' : `content of ${name}`);
  writeFileSync(join(source, 'large'), randomBytes(2 * PART + 5));
  for (const [at, name] of ['a', 'folder/b c', 'large'].entries())
    utimesSync(join(source, name), 1_600_000_000 + at, 1_600_000_000.123 + at);
}

describe.runIf(isThere('rclone'))(
  'rclone and a mirror to Backblaze B2',
  { timeout: 180_000 },
  () => {
    test('P10: rclone reads what a mirror wrote, large files too, with the times of the files', async () => {
      const mirror = openMirror();
      fill(mirror.source);
      const run = await mirror.longshore('--reconcile', '--json');
      expect(run.code, run.stderr).toBe(0);
      expect(summaryOf(run)).toMatchObject({ uploaded: 5 });
      expect(fake.count('b2_upload_part')).toBe(4);
      const to = join(mirror.folder, 'downloaded by rclone');
      await rclone(mirror, 'copy', `remote:${mirror.container}`, to);
      expect(differences(digestsBelow(mirror.source), digestsBelow(to))).toEqual([]);
      for (const name of ['a', 'folder/b c', 'large'])
        expect(Math.floor(statSync(join(to, name)).mtimeMs)).toBe(
          Math.floor(statSync(join(mirror.source, name)).mtimeMs),
        );
      const said = await rclone(
        mirror,
        'check',
        mirror.source,
        `remote:${mirror.container}`,
        '--combined',
        '-',
      );
      expect(said.trim().split('\n').sort()).toEqual(
        ['= a', '= empty', '= folder/100% ü', '= folder/b c', '= large'].sort(),
      );
    });

    test('P10: a mirror adopts what rclone wrote, sends nothing again, verifies it and restores it with its times', async () => {
      const mirror = openMirror();
      fill(mirror.source);
      const client = openFake(fake);
      await client.createContainer(mirror.container, call);
      await client.close();
      await rclone(
        mirror,
        'copy',
        mirror.source,
        `remote:${mirror.container}`,
        '--b2-upload-cutoff',
        '10M',
        '--b2-chunk-size',
        '10M',
      );
      const uploads = fake.count('b2_upload_file') + fake.count('b2_upload_part');
      const run = await mirror.longshore('--reconcile', '--json');
      expect(run.code, run.stderr).toBe(0);
      expect(summaryOf(run)).toMatchObject({ uploaded: 0, adopted: 5, failed: 0 });
      const content = fake.log.filter(
        ({ operation, key = '' }) =>
          operation.startsWith('b2_upload') && !key.startsWith('.longshore/'),
      );
      expect(content.length).toBeLessThanOrEqual(uploads);
      const verified = await mirror.longshore('verify', 'documents', '--json');
      expect(verified.code, verified.stderr).toBe(0);
      const to = join(mirror.folder, 'restored');
      const restored = await mirror.longshore('restore', 'documents', '--to', to);
      expect(restored.code, restored.stderr).toBe(0);
      expect(differences(digestsBelow(mirror.source), digestsBelow(to))).toEqual([]);
      for (const name of ['a', 'large'])
        expect(Math.floor(statSync(join(to, name)).mtimeMs)).toBe(
          Math.floor(statSync(join(mirror.source, name)).mtimeMs),
        );
    });
  },
);
