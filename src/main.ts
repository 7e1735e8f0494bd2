#!/usr/bin/env node
import { processIo } from './cli/io.js';
import { run } from './cli/run.js';
import { openDaemon, runOnce } from './daemon.js';

process.exitCode = await run(process.argv.slice(2), processIo(), { openDaemon, runOnce });
