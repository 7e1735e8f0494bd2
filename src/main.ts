#!/usr/bin/env node

// Before anything is loaded. On SIGUSR1 Node opens its debugger on a port of this machine, where any local user may run code
// as the daemon, unless a listener is there; SIGUSR2 would end the process in the middle of its work.
for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => {});

try {
  const { start } = await import('./cli/start.js');
  await start();
} catch (error) {
  // A file of the program is missing, or no more files may be open.
  const reason = error instanceof Error ? error.message : String(error);
  const advice = reason.includes('EMFILE')
    ? '; raise the limit of open files with ulimit -n 1024, or LimitNOFILE= in a unit'
    : '';
  process.stderr.write(`longshore: the program cannot be loaded: ${reason}${advice}\n`);
  process.exitCode = 1;
}
