import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CheckKind, Verdict } from './check-program.js';
import { reasonOf, StateDamagedError, StateUnavailableError } from './errors.js';

const PROGRAM = fileURLToPath(new URL('./check-program.js', import.meta.url));

/**
 * Opens an index, or makes one where there is none, and for `whole` reads all of it (1,000,000 records: some 4 s), in a
 * child process, as LMDB may crash it instead of the daemon. A crash proves no damage: only what was read and
 * is inconsistent is damaged. The opening refuses a newer version.
 *
 * @throws StateDamagedError; StateUnavailableError when the content is unknown
 */
export async function checkInChild(
  kind: CheckKind,
  file: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { stdout, stderr, error } = await run(kind, file, signal);
  signal?.throwIfAborted();
  if (error !== undefined) throw notChecked(file, error, stderr);
  const verdict: Verdict = JSON.parse(stdout);
  if (verdict.verdict === 'damaged')
    throw new StateDamagedError(file, verdict.why.replace(`${file}: `, ''));
  if (verdict.verdict === 'unavailable')
    throw new StateUnavailableError(file, verdict.why.replace(`${file}: `, ''));
}

function notChecked(
  file: string,
  error: Ended['error'] & Error,
  stderr: string,
): StateUnavailableError {
  const why = error.signal
    ? `a process that tried it first was ended by ${error.signal}`
    : reasonOf(error);
  return new StateUnavailableError(
    file,
    `could not be opened, and stays unchanged (${why}${lastLine(stderr)}). Its file system may not support file locks or ` +
      `memory maps, memory may be short, or its disk may fail: see the kernel log. To begin without it, move it away`,
    error,
  );
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly error: (Error & { readonly signal?: string | null }) | undefined;
}

function run(kind: CheckKind, file: string, signal: AbortSignal | undefined): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [PROGRAM, kind, file],
      signal === undefined ? {} : { signal },
      (error, stdout, stderr) => resolve({ stdout, stderr, error: error ?? undefined }),
    );
  });
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line === '' ? '' : `; ${line}`;
}
