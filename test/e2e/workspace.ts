import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Program, type ProgramOptions, start } from './program.js';

/** A folder for tests, and the programs that they leave running. */
export interface Workspace {
  readonly folder: string;
  /** Runs in the folder, until that is removed at the latest. */
  start(args: readonly string[], options?: Omit<ProgramOptions, 'cwd'>): Program;
  /** Kills the programs; then calls `close`, and removes the folder. */
  remove(): Promise<void>;
}

/** Removed with the test. */
export function openWorkspace(name: string, close?: () => Promise<void> | void): Workspace {
  const workspace = createWorkspace(name, close);
  onTestFinished(workspace.remove);
  return workspace;
}

/** Whoever makes it removes it. */
export function createWorkspace(
  name: string,
  close: () => Promise<void> | void = () => {},
): Workspace {
  const folder = mkdtempSync(join(tmpdir(), `longshore-${name}-`));
  const programs: Program[] = [];
  return {
    folder,
    start(args, options = {}) {
      const program = start(args, { ...options, cwd: folder });
      programs.push(program);
      return program;
    },
    async remove() {
      for (const program of programs) program.kill('SIGKILL');
      await Promise.all(programs.map(({ finished }) => finished));
      try {
        await close();
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
