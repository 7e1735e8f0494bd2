import { chmodSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { openAzure } from '../drivers/azure/open.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { openRemoteMirror } from '../world/mirror-in-a-folder.js';
import { run, summaryOf } from '../world/program.js';
import { attributesBelow, differences, digestsBelow, ODD_NAMES } from '../world/tree.js';
import {
  azureServers,
  type Server,
  type Settings,
  s3Servers,
  swiftServers,
  withServers,
} from './environment.js';
import { fakeServers } from './fake-servers.js';

const MIB = 2 ** 20;

function restoresTrees(server: Server, open: (settings: Settings) => Backend): void {
  const { driver, title, settings } = server;

  test(`P10: what was mirrored to ${title} is restored, with the state and from the container alone`, async () => {
    const direct = open(settings);
    onTestFinished(() => direct.close());
    const parts = {
      multipart_threshold: '6MiB',
      ...(driver === 'swift' && { max_put_size: 6 * MIB }),
    };
    const mirror = openRemoteMirror({
      target: { driver, ...settings, ...parts },
      direct,
      mirror: '    symlinks: preserve\n    metadata: [mtime, mode, md5]\n',
    });
    const { keyProblem } = direct.capabilities.names;
    const names = ODD_NAMES.filter((name) => keyProblem(`odd/${name}`) === undefined);
    for (const [i, name] of names.entries()) {
      const file = mirror.write(`odd/${name}`, `content of ${name}`);
      const seconds = String(1_000_000_000 + i * 40_000_000.123457);
      chmodSync(file, i % 2 === 0 ? 0o640 : 0o755);
      utimesSync(file, seconds, seconds);
    }
    mirror.write('empty', '');
    mirror.write('in parts', Buffer.alloc(13 * MIB + 5, 'in parts '));
    symlinkSync('odd/a', join(mirror.source, 'link'));
    const mirrored = await mirror.longshore('reconcile');
    expect(mirrored.code, mirrored.stderr).toBe(0);

    const back = (name: string) => join(mirror.folder, name);
    const compare = (name: string) => {
      expect(differences(digestsBelow(mirror.source), digestsBelow(back(name)))).toEqual([]);
      expect(attributesBelow(back(name))).toEqual(attributesBelow(mirror.source));
    };
    const restored = await mirror.longshore('restore', 'documents', '--to', 'with', '--json');
    expect(restored.code, restored.stderr).toBe(0);
    expect(summaryOf(restored)).toMatchObject({ unverified: 0, failed: 0 });
    compare('with');

    rmSync(mirror.state, { recursive: true });
    const options = Object.entries(settings).flatMap(([key, value]) => [
      '-o',
      `${key}=${typeof value === 'string' ? JSON.stringify(value) : value}`,
    ]);
    const place = [`${driver}:${mirror.container}`, ...options];
    const cwd = mirror.folder;
    rmSync(join(cwd, 'longshore.yaml'));
    const alone = await run(['restore', ...place, '--to', 'alone', '--json'], { cwd });
    expect(alone.code, alone.stderr).toBe(0);
    expect(summaryOf(alone)).toMatchObject({ unverified: 0, failed: 0 });
    compare('alone');

    const again = await run(['restore', ...place, '--to', 'alone', '--json'], { cwd });
    expect(summaryOf(again)).toMatchObject({ restored: 0, failed: 0 });
    const found = await run(['find', ...place, 'odd/*'], { cwd });
    expect(found.stdout.split('\n').length - 1).toBe(names.length);
  });
}

function provesParts(server: Server, open: (settings: Settings) => Backend): void {
  const { driver, title, settings } = server;

  test(`P6: ${title}: an object in parts without an MD5 in its metadata is proven from the container alone`, async () => {
    const direct = open(settings);
    onTestFinished(() => direct.close());
    const mirror = openRemoteMirror({
      target: { driver, ...settings, multipart_threshold: '6MiB' },
      direct,
      mirror: '    index_snapshot: 1h\n',
    });
    mirror.write('film', Buffer.alloc(13 * MIB + 5, 'in parts '));
    expect((await mirror.longshore('reconcile')).code).toBe(0);
    rmSync(mirror.state, { recursive: true });
    const restored = await mirror.longshore('restore', 'documents', '--to', 'back', '--json');
    expect(restored.code, restored.stderr).toBe(0);
    expect(summaryOf(restored)).toMatchObject({ restored: 1, unverified: 0, failed: 0 });
    expect(differences(digestsBelow(mirror.source), digestsBelow(`${mirror.folder}/back`))).toEqual(
      [],
    );
  });
}

withServers('S3', 'LONGSHORE_S3_ENDPOINT', s3Servers(), (server) => {
  restoresTrees(server, (settings) => openS3(settings));
  provesParts(server, (settings) => openS3(settings));
});
withServers('Swift', 'LONGSHORE_SWIFT_AUTH_URL', swiftServers(), (server) =>
  restoresTrees(server, (settings) => openSwift(settings)),
);
withServers('Azure', 'LONGSHORE_AZURE_ENDPOINT', azureServers(), (server) => {
  restoresTrees(server, (settings) => openAzure(settings));
  provesParts(server, (settings) => openAzure(settings));
});
for (const { server, open } of await fakeServers()) {
  restoresTrees(server, open);
  provesParts(server, open);
}
