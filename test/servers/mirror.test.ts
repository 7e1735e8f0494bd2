import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { openAzure } from '../drivers/azure/open.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { changeAtRandom, differences, digestsBelow, ODD_NAMES, seeded } from '../world/tree.js';
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

const FILES = 120;
/** Of Swift, in bytes. */
const MAX_PUT = 2 ** 20;
const LARGEST = 400_000;
const CHANGES = 150;
const SEED = 20_240_229;

/** Some real files, with their real names, sizes and times. */
function copyDocumentation(to: string): void {
  let copied = 0;
  for (const path of readdirSync('/usr/share/doc', { recursive: true, encoding: 'utf8' }).sort()) {
    const from = join('/usr/share/doc', path);
    const stat = statSync(from, { throwIfNoEntry: false });
    if (copied === FILES || !stat?.isFile() || stat.size > LARGEST) continue;
    mkdirSync(dirname(join(to, path)), { recursive: true });
    execFileSync('cp', ['-p', from, join(to, path)]);
    copied += 1;
  }
  expect(copied, 'files below /usr/share/doc').toBeGreaterThan(20);
}

/** A daemon mirrors real files while they change at random. Resolves when all is quiet, and the daemon has ended. */
async function mirrorWhatChanges(mirror: RemoteMirror, names: readonly string[]): Promise<void> {
  const outside = join(mirror.folder, 'outside');
  mkdirSync(outside);
  copyDocumentation(mirror.source);
  const daemon = mirror.daemon();
  await eventually(() => expect(daemon.stderr()).toMatch(/watching/));
  const random = seeded(SEED);
  for (let change = 0; change < CHANGES; change += 1) {
    changeAtRandom(mirror.source, outside, random, names);
    await new Promise((resolve) => setTimeout(resolve, random() * 30));
  }
  // Objects behind a folder that became a link are kept while it stays a link.
  for (const [path, content] of digestsBelow(mirror.source)) {
    if (content.startsWith('-> '))
      unlinkSync(join(mirror.source, Buffer.from(path, 'latin1').toString()));
  }
  await eventually(
    async () => expect(await mirror.differences(), daemon.stderr()).toEqual([]),
    60_000,
  );
  await endWhenDone(mirror, daemon);
}

const nothingElse = (folder: string) => ({
  PATH: process.env['PATH'],
  HOME: folder,
});

/** What rclone makes of the container: the same bytes under the same names, with the times of the files. */
async function expectRcloneAgrees(mirror: RemoteMirror, server: Server): Promise<void> {
  const env = rcloneEnvironment(server, mirror.folder);
  // Ceph's Swift API lists a large object with the size of its manifest, and rclone believes it.
  const listsManifests = server.driver === 'swift' && server.isCeph;
  const precision = server.driver === 'backblaze_b2' ? 1_000_000n : 1n;
  const rclone = async (...args: readonly string[]) => {
    // Names that differ only in Unicode normalization are one name to rclone without this option.
    const options = ['--no-unicode-normalization', '--exclude', '/.longshore/**'];
    const said = { env, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
    return (await promisify(execFile)('rclone', [...args, ...options], said)).stdout;
  };
  const to = join(mirror.folder, 'downloaded by rclone');
  await rclone('copy', `remote:${mirror.container}`, to);
  expect(differences(digestsBelow(mirror.source), digestsBelow(to))).toEqual([]);
  const listed = JSON.parse(
    await rclone('lsjson', '--recursive', '--files-only', `remote:${mirror.container}`),
  ) as {
    readonly Path: string;
    readonly ModTime: string;
    readonly Size: number;
  }[];
  expect(listed.length).toBe(digestsBelow(mirror.source).size);
  for (const { Path: shown, ModTime, Size } of listed) {
    // rclone shows control characters as their pictures (rclone.org/overview/#restricted-filenames).
    const Path = shown.replace(/[\u2400-\u241f]/g, (picture) =>
      String.fromCharCode(picture.charCodeAt(0) - 0x2400),
    );
    const { mtimeMs, size } = statSync(join(mirror.source, Path));
    const listedSize = listsManifests && size > MAX_PUT ? Size : size;
    expect({ Path, Size, ms: Date.parse(ModTime) }).toEqual({
      Path,
      Size: listedSize,
      ms: Math.floor(mtimeMs),
    });
    const [ours, theirs] = [mirror.source, to].map(
      (root) => statSync(join(root, Path), { bigint: true }).mtimeNs / precision,
    );
    expect(theirs).toBe(ours);
  }
}

function openMirror({ driver, settings }: Server, direct: Backend): RemoteMirror {
  onTestFinished(() => direct.close());
  const target = { driver, ...settings, ...(driver === 'swift' && { max_put_size: MAX_PUT }) };
  return openRemoteMirror({ target, direct });
}

function mirrorsWhatChanges(server: Server, connect: (settings: Settings) => Backend): void {
  const { settings, title } = server;
  test.runIf(isThere('rclone'))(
    `P1, P10: ${title}: a real tree that changes meanwhile; rclone reads it, with the times of the files`,
    async () => {
      const direct = connect(settings);
      const { keyProblem } = direct.capabilities.names;
      const mirror = openMirror(server, direct);
      await mirrorWhatChanges(
        mirror,
        ODD_NAMES.filter((name) => keyProblem(name) === undefined),
      );
      await expectRcloneAgrees(mirror, server);
    },
  );
}

describe.each([
  { variable: 'LONGSHORE_S3_ENDPOINT', found: s3Servers(), connect: openS3 },
  { variable: 'LONGSHORE_SWIFT_AUTH_URL', found: swiftServers(), connect: openSwift },
  { variable: 'LONGSHORE_AZURE_ENDPOINT', found: azureServers(), connect: openAzure },
])('a daemon over a real server ($variable)', ({ variable, found, connect }) => {
  withServers('mirrors what changes', variable, found, (server) => {
    mirrorsWhatChanges(server, (settings) => connect(settings));
    const { driver, settings, origin, title } = server;

    test.runIf(driver === 's3' && isThere('aws'))(
      `P10: ${title}: aws-cli reads the same bytes`,
      async () => {
        const mirror = openMirror(server, connect(settings));
        copyDocumentation(mirror.source);
        expect((await mirror.longshore('--reconcile')).code).toBe(0);
        const to = join(mirror.folder, 'downloaded by aws');
        const env = {
          ...nothingElse(mirror.folder),
          AWS_ACCESS_KEY_ID: String(settings['key']),
          AWS_SECRET_ACCESS_KEY: String(settings['secret']),
          AWS_EC2_METADATA_DISABLED: 'true',
        };
        const where = ['--endpoint-url', origin, '--region', String(settings['region'])];
        const what = [
          's3',
          'cp',
          '--recursive',
          '--only-show-errors',
          '--exclude',
          '.longshore/*',
          `s3://${mirror.container}`,
          to,
        ];
        execFileSync('aws', [...where, ...what], { env });
        expect(differences(digestsBelow(mirror.source), digestsBelow(to))).toEqual([]);
      },
    );
  });
});

for (const { server, open } of await fakeServers()) mirrorsWhatChanges(server, open);
