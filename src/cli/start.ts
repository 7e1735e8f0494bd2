import '../quiet-console.js';
import { keepAlive, systemClock } from '../clock.js';
import { hasHanging, whenNoneHangs } from '../silent-source.js';
import { hasFailedEnvironment, onFailedEnvironment } from '../state/failed-environment.js';
import { errorLines } from './error-lines.js';
import { EXIT } from './exit.js';
import { type Program, processIo } from './io.js';
import { writesToJournal } from './journal.js';
import { run } from './run.js';

/** Milliseconds for an ordered end after a failure of LMDB, whose process must not live on. */
const LAST_MS = 800;
/** Milliseconds until threads that were asked to end have: on a busy machine that takes a while, and in a dead file system it never happens. */
const THREADS_END_MS = 10_000;

/** What mirrors, loaded by the commands that do. */
const PROGRAM: Program = {
  openDaemon: async (...options) => (await import('../daemon.js')).openDaemon(...options),
  runOnce: async (...options) => (await import('../once.js')).runOnce(...options),
};

/**
 * Runs this process's command line to its end, and sets the exit code. Until then the process stays alive: Node ends it, as
 * a success, in the moment when all that is left to wait for is a timer of `Clock.after`, or a thread that holds nothing.
 */
export async function start(program: Program = PROGRAM): Promise<void> {
  const io = processIo();
  function endWith(error: unknown): void {
    io.stderr.write(errorLines(error, writesToJournal(io)));
    process.exit(EXIT.FAILED);
  }
  // A fault of the program itself. What it has done so far bears an end at any moment; to go on might not.
  process.on('uncaughtException', endWith);
  onFailedEnvironment((error) => systemClock.after(LAST_MS, () => endWith(error)));
  const letEnd = keepAlive();
  process.exitCode = await run(process.argv.slice(2), io, program);
  await threadsEnded();
  letEnd();
  if (hasHanging()) io.endBy('SIGTERM'); // Node would wait for its threads, which no file system answers
  if (hasFailedEnvironment()) process.exit(EXIT.FAILED); // without the clean-up of LMDB, which may crash
}

/** Resolves when no thread hangs any more, or too long. It leaves no timer behind that would keep the process alive. */
async function threadsEnded(): Promise<void> {
  let cancel = () => {};
  const late = new Promise<void>((resolve) => {
    cancel = systemClock.after(THREADS_END_MS, resolve);
  });
  await Promise.race([whenNoneHangs(), late]);
  cancel();
}
