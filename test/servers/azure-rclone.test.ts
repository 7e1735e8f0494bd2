import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openAzure } from '../drivers/azure/open.js';
import { call, randomContent } from '../drivers/conformance/fixture.js';
import { endWhenDone } from '../world/end-when-done.js';
import { eventually } from '../world/eventually.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';
import { differences, digestsBelow } from '../world/tree.js';
import { azureServers, type Server, withServers } from './environment.js';
import { isThere } from './installed.js';
import { rcloneEnvironment } from './rclone.js';

const MIB = 2 ** 20;

function open(server: Server): RemoteMirror {
  const direct = openAzure(server.settings);
  onTestFinished(() => direct.close());
  const { driver, settings } = server;
  return openRemoteMirror({
    target: { driver, ...settings, multipart_threshold: '3MiB' },
    direct,
    mirror: '    metadata: [mtime, mode]\n',
  });
}

/** A tree of small files, a large one and odd names, each with a time of its own. */
function fill(folder: string): void {
  const names = ['a', 'folder/b c', 'folder/ü/😀', 'x%20y', "q'uote#?", 'empty', 'large'];
  for (const [at, name] of names.entries()) {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    const size = name === 'large' ? 5 * MIB + 7 : name === 'empty' ? 0 : 1000 * (at + 1);
    writeFileSync(path, randomContent(size));
    utimesSync(path, 1_600_000_000, 1_600_000_000.123 + at);
  }
}

const rclone = (server: Server, home: string, ...args: readonly string[]): string =>
  execFileSync('rclone', [...args, '--exclude', '/.longshore/**'], {
    env: rcloneEnvironment(server, home),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

withServers('rclone at Azure', 'LONGSHORE_AZURE_ENDPOINT', azureServers(), (server) => {
  test(`P1: ${server.title}: a daemon mirrors what changes`, async () => {
    const mirror = open(server);
    fill(mirror.source);
    const daemon = mirror.daemon();
    await eventually(() => expect(daemon.stderr()).toMatch(/watching/));
    writeFileSync(join(mirror.source, 'folder/new'), 'new');
    writeFileSync(join(mirror.source, 'large'), randomContent(6 * MIB));
    renameSync(join(mirror.source, 'folder/b c'), join(mirror.source, 'renamed'));
    rmSync(join(mirror.source, 'a'));
    await eventually(
      async () => expect(await mirror.differences(), daemon.stderr()).toEqual([]),
      60_000,
    );
    await endWhenDone(mirror, daemon);
    const again = await mirror.longshore('reconcile', '--json');
    expect(summaryOf(again)).toMatchObject({ uploaded: 0, adopted: 0, deleted: 0, failed: 0 });
  });

  describe.runIf(isThere('rclone'))(server.title, () => {
    test('P10: rclone reads what longshore wrote, with the times of the files to the nanosecond', async () => {
      const mirror = open(server);
      fill(mirror.source);
      expect((await mirror.longshore('reconcile')).code).toBe(0);
      const to = join(mirror.folder, 'by-rclone');
      rclone(server, mirror.folder, 'copy', `remote:${mirror.container}`, to);
      const original = digestsBelow(mirror.source);
      expect(differences(original, digestsBelow(to))).toEqual([]);
      for (const path of original.keys()) {
        const name = Buffer.from(path, 'latin1').toString();
        const times = [mirror.source, to].map(
          (root) => statSync(join(root, name), { bigint: true }).mtimeNs,
        );
        expect(times[1], name).toBe(times[0]);
      }
    });

    test('P10: longshore adopts what rclone wrote, and sends nothing', async () => {
      const mirror = open(server);
      fill(mirror.source);
      const direct = openAzure(server.settings);
      onTestFinished(() => direct.close());
      await direct.createContainer(mirror.container, call).catch(() => undefined); // it may be there
      rclone(server, mirror.folder, 'copy', mirror.source, `remote:${mirror.container}`);
      const run = await mirror.longshore('reconcile', '--json');
      expect(run.code, run.stderr).toBe(0);
      expect(summaryOf(run)).toMatchObject({ uploaded: 0, adopted: 7, failed: 0, bytes: 0 });
      expect(await mirror.differences()).toEqual([]);
    });
  });
});
