import { type ChildProcess, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onAbort } from '../signal.js';
import type { CheckKind, CheckOrder, Verdict } from './check-program.js';
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
  const { stdout, stderr, error } = await run({ kind, file }, signal);
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

let prepared: CheckProcess | undefined;

/** Starts the process of the next check ahead of it, to load its program meanwhile. It does not outlive this one. */
export function prepareIndexCheck(): void {
  prepared ??= startCheck();
}

/** Ends a prepared process that no index needs. */
export function endPreparedCheck(): void {
  prepared?.child.stdin?.end();
  prepared = undefined;
}

function run(order: CheckOrder, signal: AbortSignal | undefined): Promise<Ended> {
  // One that has ended, or was never started, says nothing of the index.
  const { child, ended } = prepared && isAlive(prepared) ? prepared : startCheck();
  prepared = undefined;
  const unlink = signal && onAbort(signal, () => void child.kill());
  for (const each of [child, child.stdout, child.stderr]) (each as Ref | null)?.ref();
  child.stdin?.end(JSON.stringify(order));
  return ended.finally(() => unlink?.());
}

/** A child process, and the sockets that are its streams: what may keep this process alive. */
type Ref = Pick<ChildProcess, 'ref' | 'unref'>;

interface CheckProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

function startCheck(): CheckProcess {
  let end: (ended: Ended) => void = () => {};
  const ended = new Promise<Ended>((resolve) => {
    end = resolve;
  });
  // It connects to nothing, and Node takes three times as long to start where it has to read certificates.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const child = execFile(process.execPath, [PROGRAM], { env }, (error, stdout, stderr) =>
    end({ stdout, stderr, error: error ?? undefined }),
  );
  child.stdin?.on('error', () => {}); // it ended before it was asked: `ended` has the reason
  // A process that could not be started, as for want of open files, has no streams; `ended` has the reason.
  const { stdio = [] } = child as Partial<ChildProcess>;
  for (const each of [child, ...stdio]) (each as Ref | null)?.unref();
  return { child, ended };
}

function isAlive({ child: { pid, exitCode, signalCode } }: CheckProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line === '' ? '' : `; ${line}`;
}
