import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../world/eventually.js';
import { type Program, type ProgramOptions, run } from '../world/program.js';
import { differences, digestsBelow, filesBelow, writeFiles } from '../world/tree.js';
import { openWorkspace } from '../world/workspace.js';
import type { OwnRedis } from './own-redis.js';

/** A daemon and its workers, which are built programs on this machine, and share a source and a target. */
export interface SeveralMachines {
  readonly folder: string;
  readonly source: string;
  daemon(options?: ProgramExtras): Program;
  worker(options?: ProgramExtras): Program;
  /** Runs another command to its end. */
  longshore(...args: readonly string[]): ReturnType<typeof run>;
  /** Brings so many small files below a folder into the source, each of them whole: no other version of it is ever seen. */
  fill(below: string, count: number): void;
  /** Resolves when the container has what the source has. */
  equal(withinMs?: number): Promise<void>;
  writeConfig(config: Partial<ConfigLines>): void;
}

type ProgramExtras = Omit<ProgramOptions, 'cwd'> & { readonly args?: readonly string[] };

export interface ConfigLines {
  /** `queue:` of the daemon and its workers. */
  readonly queue: string;
  /** Further settings of the mirror, on its line. */
  readonly mirror: string;
  readonly workers: string;
}

/** Where a mirror's objects go. */
export interface SharedTarget {
  /** Its settings in the configuration, as YAML in one line. */
  readonly target: string;
  /** The MD5 of each object, by its name; without those of longshore itself. */
  digests(folder: string): ReadonlyMap<string, string>;
}

const LOCAL: SharedTarget = {
  target: '{ driver: local, root: ./vault, fsync: false }',
  digests: (folder) => digestsBelow(join(folder, 'vault', 'documents')),
};

export function openSeveralMachines(
  redis: OwnRedis,
  { target, digests }: SharedTarget = LOCAL,
): SeveralMachines {
  const { folder, start } = openWorkspace('several-machines');
  const source = join(folder, 'source');
  mkdirSync(source);
  const file = join(folder, 'longshore.yaml');
  const config = ['--log-json', '--config', file];

  function writeConfig({
    queue = redis.yaml(),
    mirror = '',
    workers = 'worker: { jobs: 2 }',
  }: Partial<ConfigLines>): void {
    const text = `state: ./state
log: { level: debug, repeats: 0 }
${queue}${workers}
targets:
  vault: ${target}
mirrors:
  - { name: documents, source: ./source, target: vault, container: documents, settle: 20ms, workers: true, lease: 60s${mirror} }
`;
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  writeConfig({});
  return {
    folder,
    source,
    daemon: ({ args = [], ...options } = {}) => start([...config, 'run', ...args], options),
    worker: ({ args = [], ...options } = {}) => start([...config, 'worker', ...args], options),
    longshore: (...args) => run(['--config', file, ...args], { cwd: folder }),
    fill(below, count) {
      const names = Array.from({ length: count }, (_, at) => `${below}/${at % 10}/${at}`);
      const beside = join(folder, 'beside');
      writeFiles(beside, names);
      for (const name of names) {
        mkdirSync(dirname(join(source, name)), { recursive: true });
        renameSync(join(beside, name), join(source, name));
      }
      rmSync(beside, { recursive: true });
    },
    equal: (withinMs = 120_000) =>
      eventually(() => {
        expect(differences(digestsBelow(source), digests(folder))).toEqual([]);
      }, withinMs),
    writeConfig,
  };
}

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** What a program has logged by now; the log is one JSON object a line. */
export function linesOf({ stderr }: Program): readonly LogLine[] {
  return stderr()
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as LogLine];
      } catch {
        return []; // it is being written
      }
    });
}

/** Resolves with the first line of this event, of this level if one is given. */
export async function lineOf(
  program: Program,
  event: string,
  { level, withinMs = 60_000 }: { readonly level?: string; readonly withinMs?: number } = {},
): Promise<LogLine> {
  let found: LogLine | undefined;
  await eventually(() => {
    found = linesOf(program).find(
      (line) => line.event === event && (level === undefined || line.level === level),
    );
    if (found === undefined)
      throw new Error(`no line "${event}" in:\n${program.stderr().slice(-4_000)}`);
  }, withinMs);
  if (found === undefined) throw new TypeError('a line was found and is not there');
  return found;
}

/**
 * Resolves when each file below these folders was confirmed, by an upload or as it was found in the container, and none of them
 * twice. They came by `fill`, and were not changed since.
 */
export async function confirmedOnce(
  { source }: SeveralMachines,
  daemon: Program,
  folders: readonly string[],
): Promise<void> {
  const names = folders.flatMap((folder) =>
    filesBelow(join(source, folder)).map((name) => `${folder}/${name}`),
  );
  await eventually(() => {
    const done = new Map<unknown, unknown[]>(names.map((name) => [name, []]));
    for (const { event, job, name } of linesOf(daemon))
      if (event === 'done' && (job === 'adopt' || job === 'upload_object'))
        done.get(name)?.push(job);
    expect([...done].filter(([, jobs]) => jobs.length !== 1)).toEqual([]);
  }, 120_000); // what a killed worker had in hand is done again when its lock has ended
}

/** Objects that a worker has sent, as it logs when it ends. */
export async function sentBy(worker: Program): Promise<number> {
  worker.kill('SIGTERM');
  const { code } = await worker.finished;
  expect(code).toBe(0);
  return Number(linesOf(worker).find(({ event }) => event === 'worker ended')?.['objects'] ?? 0);
}

/** Renames, rewrites and removes some files of a folder that `fill` has made. */
export function change(source: string, below: string, round: number): void {
  for (let at = 0; at < 60; at += 1) {
    const folder = join(source, below, String(at % 10));
    if (at % 3 === 0) writeFileSync(join(folder, String(at)), `round ${round} of ${at}`);
    else if (at % 3 === 1) rmSync(join(folder, String(at)), { force: true });
    else writeFileSync(join(folder, `${at}-${round}`), `new in ${round}`);
  }
}

/** The daemon drains; the index and the container then agree on everything, and nothing is left to do. */
export async function endWell(machines: SeveralMachines, daemon: Program): Promise<void> {
  // The second looks at names that changed hands come later; what they find must be nothing.
  daemon.kill('SIGTERM');
  const { code, stderr } = await daemon.finished;
  expect([0, 143], stderr.slice(-4_000)).toContain(code);
  expect(linesOf(daemon).filter(({ event }) => event === 'the daemon ends')).toEqual([]);
  const verified = await machines.longshore('verify', 'documents');
  expect(verified, verified.stdout + verified.stderr).toMatchObject({ code: 0 });
  const planned = await machines.longshore('reconcile', '--dry-run', 'documents');
  expect(planned, planned.stdout + planned.stderr).toMatchObject({ code: 0 });
}
