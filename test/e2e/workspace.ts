import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Program, type ProgramOptions, start } from './program.js';

/** A folder of one test, and the programs that it leaves running. */
export interface Workspace {
  readonly folder: string;
  /** Runs in the folder, until the test ends at the latest. */
  start(args: readonly string[], options?: Omit<ProgramOptions, 'cwd'>): Program;
}

/** With the test its programs are killed; then `close` is called, and the folder removed. */
export function openWorkspace(name: string, close: () => Promise<void> | void = () => {}): Workspace {
  const folder = mkdtempSync(join(tmpdir(), `longshore-${name}-`));
  const programs: Program[] = [];
  onTestFinished(async () => {
    for (const program of programs) program.kill('SIGKILL');
    await Promise.all(programs.map(({ finished }) => finished));
    try {
      await close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  return {
    folder,
    start(args, options = {}) {
      const program = start(args, { ...options, cwd: folder });
      programs.push(program);
      return program;
    },
  };
}
