import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemCode } from './errors.js';

/*
 * LMDB does not survive an opening in which a call fails (lmdb-js 3.5.6, env.cpp: EnvWrap::openEnv
 * deletes its ExtendedEnv, and closeEnv then uses and deletes it again): the process ends with
 * SIGSEGV or SIGABRT and no message. A child process has made the files, or opened them, just before
 * (lmdb-trial.ts). So only a call that opens, locks, maps, reads or stats a file can still fail
 * here, and only if the same call succeeded a moment ago. A file beside the index says meanwhile
 * what is being opened, so that the next start can explain how the last one ended. If that file
 * cannot be written or read, it explains nothing.
 */
function markFile(file: string): string {
  return join(dirname(file), 'opening');
}

/** Runs what opens the index `file`. */
export async function whileMarked<T>(file: string, open: () => Promise<T>): Promise<T> {
  ifPossible(() => writeFileSync(markFile(file), basename(file), { mode: 0o600 }));
  try {
    return await open();
  } finally {
    ifPossible(() => rmSync(markFile(file), { force: true }));
  }
}

/** Whether the last process ended while it opened the index `file`. Asked once. */
export function endedWhileOpening(file: string): boolean {
  const mark = ifPossible(() => readFileSync(markFile(file), 'utf8'));
  if (mark === undefined) return false;
  ifPossible(() => rmSync(markFile(file), { force: true }));
  return mark === basename(file);
}

function ifPossible<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (systemCode(error) === '') throw error;
    return undefined;
  }
}
