/*
 * Imported for its effect, by the program and by each of its threads: what libraries print (lmdb-js prints the errors that
 * it also rejects with) would stand between our own log lines. Longshore itself writes to its streams, never to the console.
 */
for (const name of ['debug', 'info', 'log', 'warn', 'error', 'trace'] as const)
  globalThis.console[name] = () => {};

export {};
