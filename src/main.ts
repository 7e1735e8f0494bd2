#!/usr/bin/env node
import './caught-signals.js';
import './quiet-console.js';
import { errorLines } from './cli/error-lines.js';
import { EXIT } from './cli/exit.js';
import { processIo } from './cli/io.js';
import { writesToJournal } from './cli/open-log.js';
import { run } from './cli/run.js';
import { systemClock } from './clock.js';
import { openDaemon, runOnce } from './daemon.js';
import { hasFailedEnvironment, onFailedEnvironment } from './state/failed-environment.js';

/** For an ordered end after a failed write of the state, whose process must not live on. */
const LAST_MS = 800;

const io = processIo();

function endWith(error: unknown): void {
  io.stderr.write(errorLines(error, writesToJournal(io)));
  process.exit(EXIT.FAILED);
}

// A fault of the program itself. What it has done so far bears an end at any moment; to go on might not.
process.on('uncaughtException', endWith);
onFailedEnvironment((error) => systemClock.after(LAST_MS, () => endWith(error)));

process.exitCode = await run(process.argv.slice(2), io, { openDaemon, runOnce });
if (hasFailedEnvironment()) process.exit(EXIT.FAILED); // without the clean-up of LMDB, which may crash
