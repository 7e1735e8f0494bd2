import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { openAzure } from '../drivers/azure/open.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';
import { attributesBelow, differences, digestsBelow } from '../world/tree.js';
import {
  azureServers,
  type Server,
  type Settings,
  s3Servers,
  swiftServers,
  withServers,
} from './environment.js';
import { fakeServers } from './fake-servers.js';
import { isThere } from './installed.js';
import { rcloneEnvironment } from './rclone.js';

const LINES = '    folders: keep\n    hardlinks: record\n    symlinks: preserve\n';

/** The permissions, and the time to the millisecond, of each folder. */
function foldersBelow(root: string): Readonly<Record<string, string>> {
  const entries = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    entries.flatMap((path) => {
      const stat = lstatSync(join(root, path));
      const described = `${(stat.mode & 0o777).toString(8)} ${Math.round(stat.mtimeMs)}`;
      return stat.isDirectory() ? [[path, described]] : [];
    }),
  );
}

const namesOf = (root: string) => Object.keys(foldersBelow(root));

/** A mirror of nested and empty folders with modes and times of their own, and of files with several names. */
async function openTree(
  { driver, settings }: Server,
  open: (settings: Settings) => Backend,
): Promise<RemoteMirror> {
  const direct = open(settings);
  onTestFinished(() => direct.close());
  const mirror = openRemoteMirror({ target: { driver, ...settings }, direct, mirror: LINES });
  const first = mirror.write('a/b/first', 'one file');
  linkSync(first, join(mirror.source, 'a/second'));
  for (const path of ['empty', 'a/leer/ü', 'x y/+&'])
    mkdirSync(join(mirror.source, path), { recursive: true });
  for (const [i, path] of namesOf(mirror.source).reverse().entries()) {
    chmodSync(join(mirror.source, path), i % 2 === 0 ? 0o750 : 0o700);
    utimesSync(join(mirror.source, path), 1_500_000_000 + i, 1_500_000_000 + i);
  }
  const mirrored = await mirror.longshore('reconcile', '--json');
  expect(mirrored.code, mirrored.stderr).toBe(0);
  return mirror;
}

function keepsTrees(server: Server, open: (settings: Settings) => Backend): void {
  test(`P10: ${server.title}: a restore gives folders their modes and times, and files their names`, async () => {
    const mirror = await openTree(server, open);
    const idle = { uploaded: 0, copied: 0, refreshed: 0, deleted: 0, failed: 0 };
    expect(summaryOf(await mirror.longshore('reconcile', '--json'))).toMatchObject(idle);
    for (const [round, remember] of [true, false].entries()) {
      if (!remember) rmSync(mirror.state, { recursive: true });
      const restored = await mirror.longshore('restore', 'documents', '--to', `back${round}`);
      expect(restored.code, restored.stderr).toBe(0);
      const back = join(mirror.folder, `back${round}`);
      expect(foldersBelow(back)).toEqual(foldersBelow(mirror.source));
      expect(attributesBelow(back)).toEqual(attributesBelow(mirror.source));
      expect(differences(digestsBelow(mirror.source), digestsBelow(back))).toEqual([]);
      const [one, other] = ['a/b/first', 'a/second'].map((path) => lstatSync(join(back, path)));
      expect(one?.ino).toBe(other?.ino);
    }
  });
}

withServers('S3', 'LONGSHORE_S3_ENDPOINT', s3Servers(), (server) => {
  const open = (settings: Settings) => openS3(settings);
  keepsTrees(server, open);
  describe.runIf(isThere('rclone'))(server.title, () => {
    test('P10: rclone makes the folders of a kept tree, and a file of each name', async () => {
      const mirror = await openTree(server, open);
      const to = join(mirror.folder, 'by-rclone');
      const args = ['copy', '--create-empty-src-dirs', '-M', '--exclude', '/.longshore/**'];
      execFileSync('rclone', [...args, `remote:${mirror.container}`, to], {
        env: rcloneEnvironment(server, mirror.folder),
        stdio: 'pipe',
      });
      expect(namesOf(to)).toEqual(namesOf(mirror.source));
      expect(differences(digestsBelow(mirror.source), digestsBelow(to))).toEqual([]);
    });
  });
});
withServers('Swift', 'LONGSHORE_SWIFT_AUTH_URL', swiftServers(), (server) =>
  keepsTrees(server, (settings) => openSwift(settings)),
);
withServers('Azure', 'LONGSHORE_AZURE_ENDPOINT', azureServers(), (server) =>
  keepsTrees(server, (settings) => openAzure(settings)),
);
for (const { server, open, keepsFolders } of await fakeServers())
  if (keepsFolders) keepsTrees(server, open);
