import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bench/micro/scrub.js', import.meta.url));
const RECORDS = 1_000_000;

/** To make so many records takes most of it. */
const LONGEST_MS = 600_000;

test(
  'scrub: over 1,000,000 records, with rounds of 50,000 objects, takes less than 200 MiB of memory',
  () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [PROGRAM, String(RECORDS), '60000'],
      { encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
    const figures = JSON.parse(stdout) as Record<string, number>;
    expect(figures).toMatchObject({ records: RECORDS });
    expect(figures['proven']).toBeGreaterThanOrEqual(60_000);
    // The pages of the index are the kernel's, which takes them back when it needs the memory.
    expect(figures['ownMiB'], stdout).toBeLessThan(200);
  },
  LONGEST_MS,
);

test('scrub: reads no more than its bandwidth', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [PROGRAM, '2000', '1500', String(2 ** 20)],
    { encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
  const figures = JSON.parse(stdout) as Record<string, number>;
  // A bucket holds one second's worth when it begins.
  const { proven = 0, seconds = 0 } = figures;
  expect(proven * 4096, stdout).toBeLessThanOrEqual((seconds + 1.1) * 2 ** 20);
});
