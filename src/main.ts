#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readVersion } from './package-files.js';

const STDOUT = 1;

// Before anything is loaded. On SIGUSR1 Node opens its debugger on a port of this machine, where any local user may run code
// as the daemon, unless a listener is there; SIGUSR2 would end the process in the middle of its work.
for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => {});

if (!printsVersion(process.argv.slice(2))) void runProgram();

async function runProgram(): Promise<void> {
  try {
    const { useCodeCache } = await import('./code-cache.js');
    const saveCode = useCodeCache(dirname(fileURLToPath(import.meta.url)));
    const { start } = await import('./cli/start.js');
    await start();
    saveCode();
  } catch (error) {
    // A file of the program is missing, or no more files may be open.
    const reason = error instanceof Error ? error.message : String(error);
    const advice = reason.includes('EMFILE')
      ? '; raise the limit of open files with ulimit -n 1024, or LimitNOFILE= in a unit'
      : '';
    process.stderr.write(`longshore: the program cannot be loaded: ${reason}${advice}\n`);
    process.exitCode = 1;
  }
}

/** For scripts that only ask for the version. What this cannot write, the command line tries again, and reports. */
function printsVersion(argv: readonly string[]): boolean {
  if (argv.length !== 1 || (argv[0] !== '--version' && argv[0] !== '-V')) return false;
  try {
    writeSync(STDOUT, `${readVersion()}\n`);
    return true;
  } catch {
    return false;
  }
}
