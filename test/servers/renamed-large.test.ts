import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { listAll } from '../drivers/conformance/fixture.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { type Server, s3Servers, swiftServers, withServers } from './environment.js';

const MIB = 2 ** 20;

function openMirror({ driver, settings }: Server, direct: Backend, deletes: string): RemoteMirror {
  onTestFinished(() => direct.close());
  const inParts = driver === 'swift' ? { max_put_size: '1MiB' } : { multipart_threshold: '5MiB' };
  return openRemoteMirror({
    target: { driver, ...settings, ...inParts },
    direct,
    mirror: `    deletes: ${deletes}\n    guard: off\n`,
  });
}

describe.each([
  { variable: 'LONGSHORE_S3_ENDPOINT', found: s3Servers(), connect: openS3, size: 11 * MIB },
  {
    variable: 'LONGSHORE_SWIFT_AUTH_URL',
    found: swiftServers(),
    connect: openSwift,
    size: 3 * MIB + 7,
  },
])('a large object over a real server ($variable)', ({ variable, found, connect, size }) => {
  withServers('stays readable when its file is renamed', variable, found, (server) => {
    test.each(['mirror', 'trash'])(
      `P3: ${server.title}: and its old name overwritten and deleted (deletes: %s)`,
      { timeout: 180_000 },
      async (deletes) => {
        const direct = connect(server.settings);
        const mirror = openMirror(server, direct, deletes);
        const path = (name: string) => join(mirror.source, name);
        const reconcile = async () => {
          const { code, stderr } = await mirror.longshore('--reconcile');
          expect(code, stderr).toBe(0);
          expect(await mirror.differences()).toEqual([]);
        };
        writeFileSync(path('large'), randomBytes(size));
        writeFileSync(path('kept'), 'kept');
        await reconcile();
        renameSync(path('large'), path('large.1'));
        writeFileSync(path('large'), randomBytes(size));
        await reconcile();
        renameSync(path('large'), path('large.1'));
        await reconcile();
        renameSync(path('large.1'), path('large.2'));
        await reconcile();
        rmSync(path('large.2'));
        await reconcile();
        if (deletes === 'mirror' && server.driver === 'swift')
          expect(await listAll(direct, `${mirror.container}_segments`)).toEqual([]);
      },
    );
  });
});
