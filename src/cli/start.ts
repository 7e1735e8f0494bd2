import { openDaemon, runOnce } from '../daemon.js';
import { errorLines } from './error-lines.js';
import { EXIT } from './exit.js';
import { processIo } from './io.js';
import { writesToJournal } from './open-log.js';
import { run } from './run.js';

/** Runs this process's command line to its end, and sets the exit code. */
export async function start(): Promise<void> {
  const io = processIo();
  // A fault of the program itself. What it has done so far bears an end at any moment; to go on might not.
  process.on('uncaughtException', (error) => {
    io.stderr.write(errorLines(error, writesToJournal(io)));
    process.exit(EXIT.FAILED);
  });
  process.exitCode = await run(process.argv.slice(2), io, { openDaemon, runOnce });
}
