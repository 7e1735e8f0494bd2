import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { randomContent } from '../drivers/conformance/fixture.js';
import { openFake } from '../drivers/s3/open.js';
import { ACCOUNT, startFakeS3 } from '../fakes/s3/server.js';
import { openRemoteMirror } from '../world/mirror-in-a-folder.js';
import { run, summaryOf } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

const KIB = 1024;

// The clock can prove only a lower bound; the upper one depends on the machine.

test('a target gets no more bytes per second than its bandwidth, and slow content does not end a request by timeout', async () => {
  const fake = await startFakeS3();
  const direct = openFake(fake);
  const mirror = openRemoteMirror({
    direct,
    target: {
      driver: 's3',
      profile: 'aws',
      region: 'us-east-1',
      host: fake.host,
      port: fake.port,
      secure: false,
      key: ACCOUNT.accessKey,
      secret: ACCOUNT.secret,
      timeout: '1s',
      bandwidth: '64KiB/s',
    },
  });
  for (let at = 0; at < 4; at += 1)
    writeFileSync(join(mirror.source, `small${at}`), randomContent(16 * KIB));
  writeFileSync(join(mirror.source, 'large'), randomContent(192 * KIB));
  const result = await mirror.longshore('--reconcile', '--json');
  expect(result.code, result.stderr).toBe(0);
  expect(summaryOf(result)).toMatchObject({ uploaded: 5, failed: 0, bytes: 256 * KIB });
  expect(summaryOf(result)['seconds']).toBeGreaterThan(3.5);
  expect(fake.log.filter(({ operation }) => operation === 'PutObject')).toHaveLength(5 + 2); // and the lease, taken and released
  expect(await mirror.differences()).toEqual([]);

  const before = systemClock.monotonic();
  const got = await mirror.longshore('object', 'get', 'remote', mirror.container, 'large', 'copy');
  expect(got.code, got.stderr).toBe(0);
  expect(systemClock.monotonic() - before).toBeGreaterThan(2500);
  expect(readFileSync(join(mirror.folder, 'copy'))).toEqual(
    readFileSync(join(mirror.source, 'large')),
  );
});

test('a target gets no more calls per second than its request rate, from all its mirrors together', async () => {
  const { folder } = openWorkspace('limits');
  // Too few files for a batch, which is one call.
  for (const name of ['a', 'b', 'c', 'd']) {
    mkdirSync(join(folder, name));
    for (let at = 0; at < 15; at += 1) writeFileSync(join(folder, name, `${at}`), 'x');
  }
  writeFileSync(
    join(folder, 'longshore.yaml'),
    `state: ./state
targets: { vault: { driver: local, root: ./vault, fsync: false, request_rate: 30 } }
mirrors:
  - { name: a, source: ./a, target: vault, container: a }
  - { name: b, source: ./b, target: vault, container: b }
  - { name: c, source: ./c, target: vault, container: c }
  - { name: d, source: ./d, target: vault, container: d }
`,
  );
  const before = systemClock.monotonic();
  const result = await run(['--reconcile', '--json'], { cwd: folder });
  expect(result.code, result.stderr).toBe(0);
  expect(systemClock.monotonic() - before).toBeGreaterThan(1900);
  expect(summaryOf(result)).toMatchObject({ uploaded: 15, failed: 0 });
});
