import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Finished, type Program, run, start } from './program.js';
import { differences, filesBelow } from './trees.js';

/** A folder with a configuration of one mirror, its source, and its container on a local target. Removed with the test. */
export interface Place {
  readonly folder: string;
  readonly source: string;
  readonly container: string;
  /** Runs one command to its end. */
  longshore(...args: readonly string[]): Promise<Finished>;
  /** Starts the daemon; it is killed with the test if it still runs. */
  daemon(): Program;
  /** Where source and container differ, one line each. */
  differences(): string[];
  writeConfig(mirror?: string): void;
}

export function openPlace(mirror = ''): Place {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-e2e-'));
  const source = join(folder, 'source');
  mkdirSync(source);
  const programs: Program[] = [];
  const place: Place = {
    folder,
    source,
    container: join(folder, 'vault', 'documents'),
    longshore: (...args) => run(['--config', join(folder, 'longshore.yaml'), ...args], { cwd: folder }),
    daemon() {
      const program = start(['--config', join(folder, 'longshore.yaml'), 'run'], { cwd: folder });
      programs.push(program);
      return program;
    },
    differences: () => differences(filesBelow(source), filesBelow(join(folder, 'vault', 'documents'))),
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
  onTestFinished(async () => {
    for (const program of programs) program.kill('SIGKILL');
    await Promise.all(programs.map(({ finished }) => finished));
    rmSync(folder, { recursive: true, force: true });
  });
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
