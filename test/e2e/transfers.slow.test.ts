import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { askDaemon } from '../../src/status/client.js';
import { mirrorAnswer } from '../../src/status/schema-mirror.js';
import { randomContent } from '../drivers/conformance/fixture.js';
import { ACCOUNT, startFakeS3 } from '../fakes/s3/server.js';
import { eventually } from '../world/eventually.js';
import { openWorkspace } from '../world/workspace.js';

const MIB = 2 ** 20;

test('status: a file that goes in parts has how many of them have arrived, and how fast', async () => {
  const fake = await startFakeS3();
  const { folder, start } = openWorkspace('transfers', () => fake.close());
  const config = join(folder, 'longshore.yaml');
  mkdirSync(join(folder, 'source'));
  writeFileSync(join(folder, 'source', 'film.mov'), randomContent(40 * MIB));
  writeFileSync(
    config,
    `state: ./state
targets:
  s3: { driver: s3, profile: aws, region: us-east-1, host: ${fake.host}, port: ${fake.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: "${ACCOUNT.secret}", multipart_threshold: 6MiB, bandwidth: 4MiB/s }
mirrors:
  - { name: films, source: ./source, target: s3, container: films, settle: 20ms }
`,
    { mode: 0o600 },
  );
  const daemon = start(['--config', config, 'run']);
  const { signal } = new AbortController();
  const asking = { stateFolder: join(folder, 'state'), clock: systemClock, signal };
  await eventually(async () => {
    const answer = await askDaemon('GET', '/api/v1/mirrors/films', asking);
    const [running] = mirrorAnswer.parse(answer).running;
    const { name, bytes, sent = 0, parts = [0, 0], bytesPerSecond = null } = running ?? {};
    expect([name, bytes, parts[1]]).toEqual(['film.mov', 40 * MIB, 8]);
    expect(parts[0]).toBeGreaterThan(0);
    expect(sent).toBe(parts[0] * 5 * MIB);
    expect(bytesPerSecond).toBeGreaterThan(0);
  });
  daemon.kill('SIGKILL');
  await daemon.finished;
});
