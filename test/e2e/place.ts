import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesBelow as namesBelow } from '../watcher/tree.js';
import { type Finished, type Program, run } from './program.js';
import { differences, filesBelow } from './trees.js';
import { openWorkspace } from './workspace.js';

/** A folder with a configuration of one mirror, its source, and its container on a local target. Removed with the test. */
export interface Place {
  readonly folder: string;
  readonly source: string;
  readonly container: string;
  /** Runs one command to its end. */
  longshore(...args: readonly string[]): Promise<Finished>;
  /** Starts the daemon; it is killed with the test if it still runs. */
  daemon(): Program;
  /** Starts one command; it is killed with the test if it still runs. */
  start(...args: readonly string[]): Program;
  /** Where source and container differ, one line each. */
  differences(): string[];
  /** Puts a file into the source, with the folders that it needs; resolves to its path. */
  write(path: string, content?: string | Buffer): string;
  /** Names of the objects of files, in order: without what longshore itself keeps there. */
  objects(): string[];
  writeConfig(mirror?: string): void;
}

export function openPlace(mirror = ''): Place {
  const { folder, start } = openWorkspace('e2e');
  const source = join(folder, 'source');
  mkdirSync(source);
  const place: Place = {
    folder,
    source,
    container: join(folder, 'vault', 'documents'),
    longshore: (...args) =>
      run(['--config', join(folder, 'longshore.yaml'), ...args], { cwd: folder }),
    daemon: () => start(['--config', join(folder, 'longshore.yaml'), 'run']),
    start: (...args) => start(['--config', join(folder, 'longshore.yaml'), ...args]),
    differences: () =>
      differences(filesBelow(source), filesBelow(join(folder, 'vault', 'documents'))),
    write(path, content = path) {
      const absolute = join(source, path);
      mkdirSync(dirname(absolute), { recursive: true });
      writeFileSync(absolute, content);
      return absolute;
    },
    objects: () => namesBelow(place.container).filter((name) => !name.startsWith('.longshore/')),
    writeConfig(extra = '') {
      writeFileSync(
        join(folder, 'longshore.yaml'),
        `state: ./state
targets:
  vault: { driver: local, root: ./vault, fsync: false }
mirrors:
  - name: documents
    source: ./source
    target: vault
    container: documents
    settle: 20ms
${extra}`,
      );
    },
  };
  place.writeConfig(mirror);
  return place;
}

/** The last line of `--json` output. */
export function summaryOf({ stdout }: Finished): Record<string, unknown> {
  const lines = stdout.trim().split('\n');
  return JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
}

export function eventsOf({ stdout }: Finished): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
