import { onTestFinished } from 'vitest';
import { createFolder, removeFolder } from './folder.js';
import { type Program, type ProgramOptions, start } from './program.js';

/** A temporary folder, and the programs that a test runs in it. */
export interface Workspace {
  readonly folder: string;
  /** Starts a program in the folder. It is killed when the folder is removed. */
  start(args: readonly string[], options?: Omit<ProgramOptions, 'cwd'>): Program;
  /** Kills the programs, calls `close`, and removes the folder. */
  remove(): Promise<void>;
}

/** Opens a workspace that is removed when the current test has finished. */
export function openWorkspace(name: string, close?: () => Promise<void> | void): Workspace {
  const workspace = createWorkspace(name, close);
  onTestFinished(workspace.remove);
  return workspace;
}

/** Opens a workspace that the caller removes. */
export function createWorkspace(
  name: string,
  close: () => Promise<void> | void = () => {},
): Workspace {
  const folder = createFolder(name);
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
        removeFolder(folder);
      }
    },
  };
}
