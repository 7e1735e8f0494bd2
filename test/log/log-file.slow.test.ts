import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRotatingFile } from '../../src/log/rotating-file.js';
import { temporaryFolder } from '../world/folder.js';
import { mayMount } from '../world/rights.js';

const lost = (count: number, why: string) => `lost ${count}: ${why}\n`;

const numberOf = (name: string) => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0);

/** All lines of the log, oldest first. */
function linesIn(folder: string): string[] {
  return readdirSync(folder)
    .sort((a, b) => numberOf(b) - numberOf(a))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1));
}

function fill(path: string): void {
  try {
    for (;;) appendFileSync(path, Buffer.alloc(4096));
  } catch {
    // full
  }
}

test('log file: killed with SIGKILL again and again, it keeps whole lines in order', async () => {
  const folder = temporaryFolder('log');
  const file = JSON.stringify({ path: join(folder, 'log'), size: 4096, keep: 1000 });
  const program = `
    import { createRotatingFile } from ${JSON.stringify(new URL('../../src/log/rotating-file.js', import.meta.url).href)};
    const stream = createRotatingFile(${file}, () => '');
    process.stdout.write('up');
    for (let i = 0; ; i++)
      await new Promise((done) => stream.write(process.argv[1] + ' ' + i + ' ' + 'x'.repeat(50) + ' end\\n', done));`;
  const rounds = 5;
  for (let round = 0; round < rounds; round++) {
    const before = linesIn(folder).length;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, `${round}`]);
    await expect
      .poll(() => linesIn(folder).length, { timeout: 30_000 })
      .toBeGreaterThan(before + 200);
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  const whole = linesIn(folder).filter((line) => line.endsWith(' end'));
  // At most the line of each kill is cut.
  expect(linesIn(folder).length - whole.length).toBeLessThanOrEqual(rounds);
  const counted = whole.map((line) => line.split(' ').slice(0, 2).map(Number));
  for (let round = 0; round < rounds; round++) {
    const numbers = counted.filter(([of]) => of === round).map(([, number]) => number);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i));
  }
});

test.skipIf(!mayMount())(
  'log file: on a full disk lines are counted; with room again they go on, and the count comes first',
  async () => {
    const folder = temporaryFolder('log');
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk]);
    onTestFinished(() => void execFileSync('umount', [disk]));
    const ballast = join(disk, 'ballast');
    const path = join(disk, 'log');
    const stream = createRotatingFile({ path, size: 1 << 20, keep: 2 }, lost);
    const write = (text: string) =>
      new Promise<void>((resolve) => stream.write(`${text}\n`, () => resolve()));
    await write('first');
    fill(ballast);
    for (let i = 0; i < 200; i++) await write(`during ${i} ${'x'.repeat(100)}`);
    rmSync(ballast);
    await write('after');
    await new Promise<void>((resolve) => stream.end(() => resolve()));
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    const whole = lines.filter((line) => /^during \d+ x{100}$/.test(line)).length;
    const report = lines.find((line) => line.startsWith('lost '));
    const counted = /^lost (\d+): the log file could not be written \(ENOSPC\)$/;
    const failed = Number(counted.exec(report ?? '')?.[1]);
    expect(whole + failed).toBe(200);
    expect(failed).toBeGreaterThan(0);
    expect(lines[0]).toBe('first');
    expect(lines.slice(-2)).toEqual([report, 'after']);
  },
);
