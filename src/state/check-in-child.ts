import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './check-program.js';
import { reasonOf, StateDamagedError, StateUnavailableError } from './errors.js';

const PROGRAM = fileURLToPath(new URL('./check-program.js', import.meta.url));

/** Signals that LMDB's code ends with when pages are not what they should be. */
const CRASHES = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE']);

/**
 * Has the index looked through by a process of its own (1,000,000 records: some 4 s), so that damage that crashes LMDB's
 * code does not crash the daemon at each start. A newer version is left for the opening to refuse.
 *
 * @throws StateDamagedError; StateUnavailableError when nothing is known, for the check itself was ended.
 */
export async function checkInChild(file: string, signal: AbortSignal | undefined): Promise<void> {
  const { stdout, stderr, error } = await run(file, signal);
  signal?.throwIfAborted();
  if (error?.signal && CRASHES.has(error.signal)) {
    throw new StateDamagedError(file, `reading it ended the reader with ${error.signal}${lastLine(stderr)}`, error);
  }
  if (error !== undefined) {
    throw new StateUnavailableError(
      file,
      `could not be looked through after an unclean end, and is left as it is: ${reasonOf(error)}${lastLine(stderr)}`,
      error,
    );
  }
  const verdict: Verdict = JSON.parse(stdout);
  if (verdict.verdict === 'damaged') throw new StateDamagedError(file, verdict.why.replace(`${file}: `, ''));
  if (verdict.verdict === 'unavailable') throw new StateUnavailableError(file, verdict.why.replace(`${file}: `, ''));
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly error: (Error & { readonly signal?: string | null }) | undefined;
}

function run(file: string, signal: AbortSignal | undefined): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, file], signal === undefined ? {} : { signal }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, error: error ?? undefined }),
    );
  });
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line === '' ? '' : ` (${line})`;
}
