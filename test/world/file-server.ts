import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.js';
import { mayMount } from './rights.js';

/** Whether a process can serve files here. */
export const canServe =
  mayMount() && existsSync('/dev/fuse') && spawnSync('mergerfs', ['-V']).status === 0;

/** A folder whose files come from a process, as from a file server. */
export interface FileServer {
  /** Calls on its files wait from then on. */
  freeze(): void;
  thaw(): void;
}

/** Nothing is cached, so that each read is a question to the server. */
const OPTIONS =
  'use_ino,inodecalc=passthrough,cache.attr=0,cache.entry=0,cache.negative_entry=0,cache.files=off,category.create=ff';

/** Serves the files of `from` below `at` until the test ends. */
export async function serveFiles(from: string, at: string): Promise<FileServer> {
  mkdirSync(at, { recursive: true });
  const server: ChildProcess = spawn('mergerfs', ['-f', '-o', OPTIONS, from, at], {
    stdio: 'ignore',
  });
  onTestFinished(() => {
    server.kill('SIGKILL'); // what waits for it fails
    spawnSync('umount', ['--lazy', at]);
  });
  const device = statSync(from).dev;
  await eventually(() => {
    if (statSync(at).dev === device) throw new Error(`${at} is not mounted yet`);
  });
  return {
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
  };
}
