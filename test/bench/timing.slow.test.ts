import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { childrenOf, cpuSecondsOf, ownMebibytesOf } from '../../bench/proc.js';
import { time } from '../../bench/timing.js';
import { temporaryFolder } from '../world/folder.js';

const node = (code: string) => [process.execPath, '-e', code];
const BUSY = 'const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end);';

describe('a timed program', () => {
  test('has CPU time, with that of its children', async () => {
    const argv = ['sh', '-c', '"$@"; "$@"', 'sh', ...node(BUSY)];
    expect((await time({ argv }, temporaryFolder('bench-time'))).cpu).toBeGreaterThanOrEqual(0.6);
  });

  test('has memory: what it allocated and wrote to is in RSS and RssAnon', async () => {
    const argv = node('const held = Buffer.alloc(2 ** 28, 1); setTimeout(() => held, 300)');
    const { rss, own } = await time({ argv }, temporaryFolder('bench-time'));
    expect(rss).toBeGreaterThan(256);
    expect(own).toBeGreaterThan(256);
  });

  test('that should run several times does', async () => {
    const folder = temporaryFolder('bench-time');
    await time({ argv: ['sh', '-c', 'echo run >>runs'], times: 3 }, folder);
    expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('run\nrun\nrun\n');
  });

  test('rejects when it fails, in any of its runs', async () => {
    const argv = node('console.error("no room"); process.exit(3)');
    for (const times of [1, 2])
      await expect(time({ argv, times }, temporaryFolder('bench-time'))).rejects.toThrow(
        'ended with 3: no room',
      );
  });
});

describe('what /proc says of a process', () => {
  test('CPU seconds, own memory and children of a running one', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      await new Promise((resolve) => child.once('spawn', resolve));
      expect(childrenOf(process.pid)).toContain(child.pid);
      expect(cpuSecondsOf(process.pid)).toBeGreaterThan(0);
      expect(ownMebibytesOf(process.pid)).toBeGreaterThan(1);
    } finally {
      child.kill();
    }
  });

  test('nothing of one that does not exist', () => {
    const none = 2 ** 22 + 1; // Above the largest process number of Linux (proc(5), pid_max).
    expect(cpuSecondsOf(none)).toBeNaN();
    expect(ownMebibytesOf(none)).toBe(0);
    expect(childrenOf(none)).toEqual([]);
  });
});
