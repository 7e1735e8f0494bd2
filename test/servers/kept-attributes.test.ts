import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { openAzure } from '../drivers/azure/open.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { extendedBelow, writeAttributes } from '../world/attributes.js';
import { openRemoteMirror } from '../world/mirror-in-a-folder.js';
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
import { isThere } from './installed.js';
import { rcloneEnvironment } from './rclone.js';

const LINES = '    folders: keep\n    metadata: [mtime, mode, xattr, acl]\n';

function openMirror({ driver, settings }: Server, open: (settings: Settings) => Backend) {
  const direct = open(settings);
  onTestFinished(() => direct.close());
  return openRemoteMirror({ target: { driver, ...settings }, direct, mirror: LINES });
}

function keepsAttributes(server: Server, open: (settings: Settings) => Backend): void {
  test(`P10: ${server.title}: attributes and ACLs of files and folders come back, with and without state`, async () => {
    const mirror = openMirror(server, open);
    writeAttributes(mirror.source, mirror.write);
    const first = await mirror.longshore('reconcile', '--json');
    expect(first.code, first.stderr).toBe(0);
    for (const [round, remember] of [true, false].entries()) {
      if (!remember) rmSync(mirror.state, { recursive: true });
      const restored = await mirror.longshore('restore', 'documents', '--to', `back${round}`);
      expect(restored.code, restored.stderr).toBe(0);
      const back = join(mirror.folder, `back${round}`);
      expect(extendedBelow(back)).toEqual(extendedBelow(mirror.source));
      expect(attributesBelow(back)).toEqual(attributesBelow(mirror.source));
      expect(differences(digestsBelow(mirror.source), digestsBelow(back))).toEqual([]);
    }
    const adopted = summaryOf(await mirror.longshore('reconcile', '--json'));
    expect(adopted).toMatchObject({ uploaded: 0, refreshed: 0, failed: 0, bytes: 0 });
  });
}

withServers('S3', 'LONGSHORE_S3_ENDPOINT', s3Servers(), (server) => {
  const open = (settings: Settings) => openS3(settings);
  keepsAttributes(server, open);
  test.runIf(isThere('rclone'))(
    `P10: ${server.title}: rclone restores the attributes that are not packed`,
    async () => {
      const mirror = openMirror(server, open);
      writeAttributes(mirror.source, mirror.write);
      expect((await mirror.longshore('reconcile')).code).toBe(0);
      const to = join(mirror.folder, 'by-rclone');
      const args = ['copy', '-M', '--exclude', '/.longshore/**'];
      execFileSync('rclone', [...args, `remote:${mirror.container}`, to], {
        env: rcloneEnvironment(server, mirror.folder),
        stdio: 'pipe',
      });
      const colour = (text: string) => ({ 'user.colour': Buffer.from(text).toString('base64') });
      const found = extendedBelow(to);
      expect(found['plain']).toMatchObject(colour('red'));
      expect(found['odd']).toMatchObject(colour('light blue'));
      expect(Object.keys(found).filter((path) => path.startsWith('many/some'))).toHaveLength(20);
    },
  );
});
withServers('Swift', 'LONGSHORE_SWIFT_AUTH_URL', swiftServers(), (server) =>
  keepsAttributes(server, (settings) => openSwift(settings)),
);
withServers('Azure', 'LONGSHORE_AZURE_ENDPOINT', azureServers(), (server) =>
  keepsAttributes(server, (settings) => openAzure(settings)),
);
