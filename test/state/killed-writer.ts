import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { IndexLocation } from '../../src/state/object-index.js';

/** Runs a program that writes to the index, kills it (SIGKILL) after `atLeast` acknowledged writes, and gives their names. */
export async function killWhileWriting(
  { engine, folder }: IndexLocation,
  round: number,
  atLeast: number,
): Promise<readonly string[]> {
  const program = fileURLToPath(new URL('./writer-program.js', import.meta.url));
  const child = spawn(process.execPath, [program, engine, folder, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const names = new Set<string>();
  for await (const name of createInterface({ input: child.stdout })) {
    names.add(name);
    if (names.size === atLeast) child.kill('SIGKILL');
  }
  const [, signal] = await ended;
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself, with ${names.size} names`);
  return [...names];
}
