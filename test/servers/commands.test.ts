import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { openAzure } from '../drivers/azure/open.js';
import { call, listKeys, randomContent } from '../drivers/conformance/fixture.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, summaryOf } from '../world/program.js';
import { differences, digestsBelow } from '../world/tree.js';
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

function open({ driver, settings }: Server, direct: Backend): RemoteMirror {
  onTestFinished(() => direct.close());
  return openRemoteMirror({
    target: { driver, ...settings, multipart_threshold: '6MiB' },
    direct,
    mirror: '    deletes: trash\n',
  });
}

function write({ source }: RemoteMirror, path: string, content: string | Buffer): string {
  const absolute = join(source, path);
  mkdirSync(dirname(absolute), { recursive: true });
  writeFileSync(absolute, content);
  return absolute;
}

/** Of a mirror's trash, without the folders that say when. */
const trashed = async (mirror: RemoteMirror, direct: Backend): Promise<string[]> =>
  (await listKeys(direct, mirror.container))
    .filter((key) => key.startsWith('.longshore/trash/'))
    .map((key) => key.split('/').slice(3).join('/'))
    .sort();

function probesAndKeepsTrash(server: Server, connect: (settings: Settings) => Backend): void {
  test(`${server.title}: probe finds all guarantees kept, and leaves nothing behind`, async () => {
    const direct = connect(server.settings);
    const mirror = open(server, direct);
    await direct.createContainer(mirror.container, call);
    const probe = await mirror.longshore('probe', 'remote', '--json');
    expect(probe.code, `${probe.stdout}\n${probe.stderr}`).toBe(0);
    const reported = eventsOf(probe);
    const guarantees = reported.filter(({ kind }) => kind === 'guarantee');
    expect(guarantees.map(({ id, verdict }) => [id, verdict])).toEqual(
      ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'].map((id) => [id, 'passed']),
    );
    expect(reported.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
    expect(summaryOf(probe)).toMatchObject({
      target: 'remote',
      driver: server.driver,
      failed: [],
      left: 0,
    });
    expect(await listKeys(direct, mirror.container)).toEqual([]);
    expect(await direct.capabilities.multipart?.unfinished(mirror.container, '', call)).toEqual([]);
  });

  test(`P4: ${server.title}: objects in the trash can be listed, restored unchanged, and purged, an object in parts too`, async () => {
    const direct = connect(server.settings);
    const mirror = open(server, direct);
    const letter = write(mirror, 'letters/ä b.txt', 'first');
    utimesSync(letter, 1_600_000_000.25, 1_600_000_000.25);
    const film = write(mirror, 'film', randomContent(11 * MIB + 3));
    write(mirror, 'kept', 'kept');
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    writeFileSync(letter, 'second, longer');
    expect((await mirror.longshore('scan')).code).toBe(0);
    expect(await trashed(mirror, direct)).toEqual(['letters/ä b.txt']);

    const before = digestsBelow(mirror.source);
    rmSync(film);
    rmSync(letter);
    const run = await mirror.longshore('scan', '--json');
    expect(summaryOf(run), run.stdout).toMatchObject({ deleted: 2, failed: 0, skipped: 0 });
    expect(await mirror.differences()).toEqual([]);
    expect(await trashed(mirror, direct)).toEqual(['film', 'letters/ä b.txt', 'letters/ä b.txt']);
    const listed = eventsOf(await mirror.longshore('trash', 'ls', 'documents', '--json'));
    expect(listed.map(({ name, size }) => `${name} ${size}`).sort()).toEqual([
      `film ${11 * MIB + 3}`,
      'letters/ä b.txt 14',
      'letters/ä b.txt 5',
    ]);

    const earliest = await mirror.longshore(
      'trash',
      'restore',
      'documents',
      '--to',
      'earliest',
      '--at',
      '2020-01-01T00:00:00Z',
    );
    expect(earliest.code, earliest.stderr).toBe(0);
    expect(readFileSync(join(mirror.folder, 'earliest/letters/ä b.txt'), 'utf8')).toBe('first');
    expect(statSync(join(mirror.folder, 'earliest/letters/ä b.txt')).mtimeMs).toBe(
      1_600_000_000_250,
    );
    const restored = await mirror.longshore('trash', 'restore', 'documents');
    expect(restored.code, restored.stderr).toBe(0);
    expect(differences(before, digestsBelow(mirror.source))).toEqual([]);
    expect((await mirror.longshore('scan')).code).toBe(0);
    expect(await mirror.differences()).toEqual([]);

    expect((await mirror.longshore('trash', 'purge', 'documents', 'letters/')).stdout).toMatch(
      /^purged 2 objects /,
    );
    expect(await trashed(mirror, direct)).toEqual(['film']);
    expect((await mirror.longshore('trash', 'purge', 'documents', '--all')).code).toBe(0);
    expect(await trashed(mirror, direct)).toEqual([]);
    expect(await mirror.differences()).toEqual([]);
  });
}

describe.each([
  { variable: 'LONGSHORE_S3_ENDPOINT', found: s3Servers(), connect: openS3 },
  { variable: 'LONGSHORE_SWIFT_AUTH_URL', found: swiftServers(), connect: openSwift },
  { variable: 'LONGSHORE_AZURE_ENDPOINT', found: azureServers(), connect: openAzure },
])('commands over a real server ($variable)', ({ variable, found, connect }) => {
  withServers('probe and trash', variable, found, (server) =>
    probesAndKeepsTrash(server, (settings) => connect(settings)),
  );
});

for (const { server, open: connect } of await fakeServers()) probesAndKeepsTrash(server, connect);
