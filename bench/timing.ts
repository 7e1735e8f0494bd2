import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, sampleOwnMemory } from './proc.js';
import type { Sample } from './result.js';

/** A program's arguments, where it runs, and its environment. */
export interface Command {
  readonly argv: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** How often the program runs in one measurement, one after the other. Wall and CPU are those of one. */
  readonly times?: number;
}

/** GNU time, which counts what children use; shells have only a built-in one that does not know memory. */
export const GNU_TIME = '/usr/bin/time';
const REPEAT = 'n=$1; shift; while [ "$n" -gt 0 ]; do "$@" || exit; n=$((n - 1)); done';
const LAST_CHARACTERS = 2_000;

/**
 * Runs a command under GNU time, which counts its children as well. Returns wall and CPU seconds, peak RSS (of the largest
 * process) and peak RssAnon (read from /proc every 20 ms, with all descendants). Rejects with the end of what the command
 * wrote when it does not end with 0.
 */
export async function time(command: Command, folder: string): Promise<Sample> {
  const report = mkdtempSync(join(tmpdir(), 'longshore-time-'));
  try {
    return await timeInto(join(report, 'time'), command, folder);
  } finally {
    rmSync(report, { recursive: true });
  }
}

async function timeInto(report: string, command: Command, cwd: string): Promise<Sample> {
  const { argv, env, times = 1 } = command;
  const repeated = times === 1 ? argv : ['sh', '-c', REPEAT, 'sh', String(times), ...argv];
  const began = performance.now();
  const child = spawn(GNU_TIME, ['-q', '-o', report, '-f', '%U %S %M', ...repeated], {
    cwd,
    env: { ...cleanEnvironment(cwd), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      written = (written + chunk).slice(-LAST_CHARACTERS);
    });
  const memory = sampleOwnMemory(() => childrenOf(child.pid ?? 0)[0]);
  const ended = once(child, 'close');
  try {
    const [code] = await once(child, 'exit');
    const wall = (performance.now() - began) / 1000;
    await ended;
    if (code !== 0) throw new Error(`ended with ${code}: ${written.trim()}`);
    const numbers = readFileSync(report, 'utf8').split(' ').map(Number);
    const [user, system, kib] = numbers as [number, number, number];
    return {
      wall: wall / times,
      cpu: (user + system) / times,
      rss: kib / 1024,
      own: memory.stop(),
    };
  } finally {
    memory.stop();
  }
}

/** An environment without the settings of the user: the programs read nothing that the bench did not write. */
export function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8', NO_COLOR: '1' };
}
