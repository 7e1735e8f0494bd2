import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DaemonStatus } from '../../src/status/snapshot.js';
import { randomContent } from '../drivers/conformance/fixture.js';
import { eventually } from '../world/eventually.js';
import { run } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';

const BYTES = 128 * 1024;

test('longshore status: shows calls, content, waits and the limit of each target', async () => {
  const { folder, start } = openWorkspace('target-status');
  mkdirSync(join(folder, 'source'));
  writeFileSync(join(folder, 'source', 'a'), randomContent(BYTES));
  const config = join(folder, 'longshore.yaml');
  writeFileSync(
    config,
    `state: ./state
targets:
  vault: { driver: local, root: ./vault, fsync: false, concurrency: 8, bandwidth: 256KiB/s }
  idle: { driver: local, root: ./idle }
mirrors:
  - { name: documents, source: ./source, target: vault, container: documents }
`,
  );
  const status = (...args: string[]) => run(['status', ...args], { cwd: folder });
  const daemon = start(['--config', config, 'run']);
  await eventually(async () => {
    const { targets } = JSON.parse((await status('--json')).stdout) as DaemonStatus;
    expect(targets).toEqual([
      {
        target: 'vault',
        atOnce: { now: 8, most: 8 },
        lastMinute: {
          calls: expect.any(Number),
          failed: expect.any(Number),
          throttled: 0,
          bytes: BYTES,
          waits: expect.any(Number),
          waitSeconds: expect.any(Number),
        },
      },
    ]);
    const [{ lastMinute }] = targets as [DaemonStatus['targets'][number]];
    expect(lastMinute.calls).toBeGreaterThan(lastMinute.failed);
    expect(lastMinute.waits).toBeGreaterThan(0);
    expect(lastMinute.waitSeconds).toBeGreaterThan(0);
  });
  expect((await status()).stdout).toMatch(
    /^TARGET +CALLS\/MIN +FAILED +THROTTLED +CONTENT\/MIN +AT ONCE +WAITED\nvault +\d+ +\d+ +0 +128 KiB +8 +\d+ s \(\d+ waits?\)$/m,
  );
  daemon.kill('SIGTERM');
  expect((await daemon.finished).code).toBe(0);
});
