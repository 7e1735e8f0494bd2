import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import type { DaemonStatus } from '../../src/status/snapshot.js';
import { openAzure } from '../drivers/azure/open.js';
import { call, put } from '../drivers/conformance/fixture.js';
import { openS3 } from '../drivers/s3/open.js';
import { openSwift } from '../drivers/swift/open.js';
import { eventually } from '../world/eventually.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { eventsOf, type Finished, summaryOf } from '../world/program.js';
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
const SMALL = 40;
const HEALS = '    verify: { within: 30d, bandwidth: off, heal: true }';

const verdictsOf = (done: Finished) =>
  Object.fromEntries(
    eventsOf(done)
      .filter(({ event }) => event === 'object')
      .map(({ name, verdict }) => [name, verdict]),
  );

/** Changes one bit in each file of the server's disks that has this text. */
function flipBits(disks: string, text: string): void {
  let flipped = 0;
  for (const name of readdirSync(disks, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.data')) continue;
    const path = join(disks, name);
    const bytes = readFileSync(path);
    const at = bytes.indexOf(text);
    if (at < 0) continue;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes); // its extended attributes, which have the MD5, stay
    flipped += 1;
  }
  expect(flipped, 'files with that content').toBe(1);
}

/** Damages an object that has this text: on the server's disk or, where that cannot be reached, behind the back of longshore. */
async function damage(
  { disks }: Server,
  mirror: RemoteMirror,
  direct: Backend,
  name: string,
  text: string,
): Promise<void> {
  if (disks !== undefined) return flipBits(disks, text);
  const other = readFileSync(join(mirror.source, name));
  const at = other.indexOf(text);
  other.writeUInt8(other.readUInt8(at) ^ 1, at);
  await put(direct, { container: mirror.container, key: name }, other);
}

function verifies(server: Server, open: (settings: Settings) => Backend): void {
  const { driver, title, settings } = server;

  test(`P2: ${title}: what is damaged or missing in the container is found, and healed by the daemon`, async () => {
    const direct = open(settings);
    onTestFinished(() => direct.close());
    const parts = {
      multipart_threshold: '6MiB',
      ...(driver === 'swift' && { max_put_size: 6 * MIB }),
    };
    const mirror = openRemoteMirror({
      target: { driver, ...settings, ...parts },
      direct,
      mirror: HEALS,
    });
    const [small, large] = [randomUUID(), randomUUID()];
    for (let n = 0; n < SMALL; n += 1) mirror.write(`small/${n}`, `content of ${n}`);
    mirror.write('damaged', `small ${small}`);
    mirror.write('missing', 'missing');
    const content = Buffer.alloc(13 * MIB + 5, 'in parts ');
    content.write(large, 7 * MIB);
    mirror.write('damaged in parts', content);
    const mirrored = await mirror.longshore('reconcile');
    expect(mirrored.code, mirrored.stderr).toBe(0);
    const verify = () => mirror.longshore('verify', 'documents', '--read-back', 'all', '--json');
    const sound = await verify();
    expect([sound.code, verdictsOf(sound)], sound.stderr).toEqual([0, {}]);
    expect(summaryOf(sound)).toMatchObject({ proven: SMALL + 3 });

    await damage(server, mirror, direct, 'damaged', small);
    await damage(server, mirror, direct, 'damaged in parts', large);
    await direct.deleteObject({ container: mirror.container, key: 'missing' }, call);
    const found = await verify();
    expect(found.code, found.stderr).toBe(5);
    expect(Object.keys(verdictsOf(found)).sort()).toEqual([
      'damaged',
      'damaged in parts',
      'missing',
    ]);

    const daemon = mirror.daemon();
    await eventually(async () => {
      const { stdout } = await mirror.longshore('status', '--json');
      const { verify: scrub } = (JSON.parse(stdout) as DaemonStatus).mirrors[0]!;
      expect(scrub?.proofs, daemon.stderr()).toMatchObject({ verifiedObjects: SMALL + 3 });
      expect(scrub?.damaged).toEqual([]);
    }, 180_000);
    daemon.kill('SIGTERM');
    await daemon.finished;
    expect(await mirror.differences()).toEqual([]);
    const healed = await verify();
    expect([healed.code, verdictsOf(healed)], healed.stderr).toEqual([0, {}]);
  });
}

withServers('S3', 'LONGSHORE_S3_ENDPOINT', s3Servers(), (server) =>
  verifies(server, (settings) => openS3(settings)),
);
withServers('Swift', 'LONGSHORE_SWIFT_AUTH_URL', swiftServers(), (server) =>
  verifies(server, (settings) => openSwift(settings)),
);
withServers('Azure', 'LONGSHORE_AZURE_ENDPOINT', azureServers(), (server) =>
  verifies(server, (settings) => openAzure(settings)),
);
for (const { server, open } of await fakeServers()) verifies(server, open);
