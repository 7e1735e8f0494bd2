import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { listAll, listKeys, randomContent } from '../drivers/conformance/fixture.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { eventually } from '../world/eventually.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';
import { type Server, s3Servers, swiftServers, withServers } from './environment.js';

const MIB = 2 ** 20;
/** Bytes beside what is stored: enough for the lease and for markers, too few for a file of a MiB. */
const ROOM = 512 * 1024;

interface Limited extends Omit<RemoteMirror, 'write' | 'remove'> {
  readonly write: (name: string, bytes: number) => void;
  readonly remove: (name: string) => void;
  readonly names: () => Promise<readonly string[]>;
  /** The container may hold what is in it, and this many bytes more. */
  readonly limit: (room: number) => Promise<void>;
  readonly unlimited: () => void;
}

function open({ driver, settings, quota }: Server, direct: Backend): Limited {
  onTestFinished(() => direct.close());
  const target = { driver, ...settings, multipart_threshold: '6MiB' };
  const mirror = openRemoteMirror({ target, direct });
  return {
    ...mirror,
    write: (name, bytes) => writeFileSync(join(mirror.source, name), randomContent(bytes)),
    remove: (name) => rmSync(join(mirror.source, name)),
    names: async () =>
      (await listKeys(direct, mirror.container)).filter((key) => !key.startsWith('.longshore/')),
    async limit(room) {
      const used = (await listAll(direct, mirror.container)).reduce(
        (sum, { size }) => sum + size,
        0,
      );
      quota?.(mirror.container, used + room);
    },
    unlimited: () => quota?.(mirror.container, 'off'),
  };
}

describe.each([
  { variable: 'LONGSHORE_S3_ENDPOINT', found: s3Servers(), connect: openS3 },
  { variable: 'LONGSHORE_SWIFT_AUTH_URL', found: swiftServers(), connect: openSwift },
])('quota of a real server ($variable)', ({ variable, found, connect }) => {
  const limitable = found.filter(({ quota }) => quota !== undefined);
  withServers('container', `${variable}, or the command QUOTA beside it,`, limitable, (server) => {
    test(`${server.title}: reconcile: deletes, and ends with exit code 6 when the quota is used up`, async () => {
      const mirror = open(server, connect(server.settings));
      mirror.write('old', MIB);
      mirror.write('kept', MIB);
      expect((await mirror.longshore('reconcile')).code).toBe(0);
      await mirror.limit(ROOM);
      for (const name of ['new 1', 'new 2', 'new 3']) mirror.write(name, 4 * MIB);
      mirror.remove('old'); // last, so that no other file gets its inode, as a renamed one has
      const run = await mirror.longshore('scan', '--json');
      expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(6);
      expect(summaryOf(run)).toMatchObject({ error: expect.stringMatching(/quota/i) });
      expect(await mirror.names()).toEqual(['kept']);
      expect(run.stderr.match(/state=target-full/g)).toHaveLength(1);
      expect(run.stderr).not.toMatch(/object failed/);
      mirror.unlimited();
      expect((await mirror.longshore('reconcile')).code).toBe(0);
      expect(await mirror.differences()).toEqual([]);
    });

    test(`${server.title}: run: the daemon shows target-full while the quota is used up, deletes, and uploads again when it is raised`, async () => {
      const mirror = open(server, connect(server.settings));
      mirror.write('old', MIB);
      const daemon = mirror.daemon();
      await eventually(async () => expect(await mirror.names()).toEqual(['old']));
      await mirror.limit(ROOM);
      const status = async () =>
        (JSON.parse((await mirror.longshore('status', '--json')).stdout) as { mirrors: object[] })
          .mirrors[0];
      mirror.write('new', 4 * MIB);
      await eventually(async () =>
        expect(await status()).toMatchObject({ state: 'target-full', quarantined: [] }),
      );
      mirror.remove('old');
      await eventually(async () => expect(await mirror.names()).toEqual([]));
      expect(await status()).toMatchObject({ state: 'target-full', quarantined: [] });
      mirror.unlimited();
      await eventually(async () => expect(await mirror.names()).toEqual(['new']), 90_000);
      await eventually(async () =>
        expect(await status()).toMatchObject({ state: 'in-sync', lagSeconds: 0 }),
      );
      daemon.kill('SIGTERM');
      expect((await daemon.finished).code, daemon.stderr()).toBe(0);
      expect(daemon.stderr().match(/state=target-full/g)).toHaveLength(1);
      expect(daemon.stderr()).not.toMatch(/object failed/);
    });
  });
});
