import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));

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
  /** True: as a user who may read only what anybody may, and who owns nothing. Takes root, or changes nothing. */
  readonly asNobody?: boolean;
  /** True: lines on stderr that are not longshore's are for the test to judge. */
  readonly keepsStrayLines?: boolean;
  /** Another build of the program. */
  readonly main?: string;
}

export const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** The built program as a child process, with nothing of the test's environment but PATH. */
export function start(args: readonly string[], options: ProgramOptions): Program {
  const {
    cwd,
    env,
    nodeOptions = [],
    asNobody = false,
    keepsStrayLines = false,
    main = MAIN,
  } = options;
  const child = spawn(process.execPath, [...nodeOptions, main, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(asNobody && isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
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
 * LMDB's native code prints a line, without its end, when a write of the index fails; nothing in Node.js can catch it. It
 * is allowed where the program ends for that very reason.
 */
function withoutLmdb(stderr: string, code: number | null): string {
  if (code !== 1 || !stderr.includes('write failed')) return stderr;
  return stderr.replace(/^Write error: .*? position \d+, size \d+?(?=\d{4}-\d\d-\d\dT|$)/gm, '');
}

/** What Node, a library or a native one prints by itself: warnings, stacks, the debugger, messages of a crash. */
function isNotOurs(line: string): boolean {
  return /^\(node:\d+\)|^\(Use `node |^Node\.js v|^node:internal|^\s+at .*:\d+:\d+\)?$|MaxListeners|^Debugger |^Write error|^(free|malloc|corrupted)/.test(
    line,
  );
}

export function run(args: readonly string[], options: ProgramOptions): Promise<Finished> {
  return start(args, options).finished;
}
