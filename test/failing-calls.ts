import { execFile, execFileSync } from 'node:child_process';

/** System calls of a program on some files that strace makes fail: see strace(1), `--inject`. */
export interface FailingCalls {
  /** System calls, such as `pread64`, separated by commas. */
  readonly calls: string;
  /** On which file; the file must be there. */
  readonly path: string;
  /** What happens to which of them, such as `error=EIO:when=2`. */
  readonly how: string;
}

export interface Ended {
  /** Exit code, or the signal that ended the program. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

export const hasStrace = process.platform === 'linux' && works();

function works(): boolean {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // not installed, or ptrace is forbidden
  }
}

/** Runs a Node program in which these calls fail, in its child processes too. */
export function runFailing(
  args: readonly string[],
  { calls, path, how }: FailingCalls,
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<Ended> {
  const began = performance.now();
  const strace = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-P',
    path,
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${calls}:${how}`,
  ];
  return new Promise((resolve) => {
    execFile(
      'strace',
      [...strace, process.execPath, ...args],
      { ...options, timeout: 60_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : (error.signal ?? error.code ?? 'unknown');
        resolve({ code, stdout, stderr, tookMs: performance.now() - began });
      },
    );
  });
}
