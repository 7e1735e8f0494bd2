import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built program's path. */
export const MAIN = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));

export const isRoot = process.getuid?.() === 0;

/** User and group without special rights: file modes bind a program that runs as this user. */
export const UNPRIVILEGED = 65_534;

export interface Finished {
  /** Exit code, or the signal's name when one ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  readonly finished: Promise<Finished>;
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** True: runs as a user without special rights who owns no file. Changes nothing if the test does not run as root. */
  readonly unprivileged?: boolean;
  /** True: does not reject when stderr has lines that are not longshore's. */
  readonly keepsStrayLines?: boolean;
  /** Path of another build of the program. */
  readonly main?: string;
  /** A command, with its first arguments, that runs the program with something around it, as `unshare` does. */
  readonly around?: readonly string[];
  /** True: in a process group of its own. Frozen in that of the test, it can bring a SIGHUP over all of it. */
  readonly detached?: boolean;
}

/** Starts the built program as a child process. Of the test's environment it has only PATH. */
export function start(args: readonly string[], options: ProgramOptions): Program {
  const {
    cwd,
    env,
    nodeOptions = [],
    unprivileged = false,
    keepsStrayLines = false,
    main = MAIN,
    around = [],
    detached = false,
  } = options;
  const [command = '', ...words] = [...around, process.execPath, ...nodeOptions, main, ...args];
  const child = spawn(command, words, {
    cwd,
    // No folder can be made in /proc: the program keeps no code cache in the folder of the test.
    env: {
      PATH: process.env['PATH'],
      HOME: cwd,
      XDG_CACHE_HOME: '/proc',
      NO_COLOR: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
    ...(unprivileged && isRoot ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {}),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const strange = withoutLmdb(stderr, code)
        .split('\n')
        .filter((line) => isNotOurs(line));
      if (strange.length > 0 && !keepsStrayLines)
        reject(
          new Error(
            `stderr has lines that are not longshore's:\n${strange.join('\n')}\nin:\n${stderr}`,
          ),
        );
      else resolve({ code: code ?? signal ?? 'unknown', stdout, stderr });
    });
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => child.kill(signal),
    finished,
  };
}

/**
 * Removes the line that LMDB's native code prints, without its end, when a write of the index fails: Node.js cannot
 * catch it. It is allowed only where the program ended because of that failure.
 */
function withoutLmdb(stderr: string, code: number | null): string {
  if (code !== 1 || !stderr.includes('write failed')) return stderr;
  return stderr.replace(/^Write error: .*? position \d+, size \d+?(?=\d{4}-\d\d-\d\dT|$)/gm, '');
}

/** Returns whether Node.js or a library printed the line: a warning, a stack, the debugger, a crash. */
function isNotOurs(line: string): boolean {
  return /^\(node:\d+\)|^\(Use `node |^Node\.js v|^node:internal|^\s+at .*:\d+:\d+\)?$|MaxListeners|^Debugger |^Write error|^(free|malloc|corrupted)/.test(
    line,
  );
}

/** Runs the built program to its end. */
export function run(args: readonly string[], options: ProgramOptions): Promise<Finished> {
  return start(args, options).finished;
}

/** Returns the last line of `--json` output. */
export function summaryOf({ stdout }: Finished): Record<string, unknown> {
  const lines = stdout.trim().split('\n');
  return JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
}

/** Returns all lines of `--json` output. */
export function eventsOf({ stdout }: Finished): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
