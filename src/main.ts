#!/usr/bin/env node
import './caught-signals.js';
import { errorLines } from './cli/error-lines.js';
import { EXIT } from './cli/exit.js';
import { processIo } from './cli/io.js';
import { writesToJournal } from './cli/open-log.js';
import { run } from './cli/run.js';
import { openDaemon, runOnce } from './daemon.js';

const io = processIo();

// A fault of the program itself. What it has done so far bears an end at any moment; to go on might not.
process.on('uncaughtException', (error) => {
  io.stderr.write(errorLines(error, writesToJournal(io)));
  process.exit(EXIT.FAILED);
});

process.exitCode = await run(process.argv.slice(2), io, { openDaemon, runOnce });
