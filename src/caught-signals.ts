/*
 * Imported by the programs before anything else. On SIGUSR1 Node opens its debugger on a port of this machine, where any local
 * user may run code as the daemon, unless a listener is there; SIGUSR2 would end the process in the middle of its work.
 */
for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => {});
