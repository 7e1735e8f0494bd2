import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { BenchRun } from './result.js';

/** Reads the file of a run. Throws when it is no such file. */
export function readRun(file: string): BenchRun {
  const run = JSON.parse(readFileSync(file, 'utf8')) as Partial<BenchRun>;
  if (run.format !== 1 || !Array.isArray(run.rows))
    throw new Error(`${file} is not a file of this bench (format 1)`);
  return run as BenchRun;
}

/**
 * Returns what the figures of a run are added to: the run in the file, when there is one, or the new one. Throws when the file
 * has figures of another build or machine, which do not belong together.
 */
export function continued(file: string | undefined, run: BenchRun): BenchRun {
  if (file === undefined || !existsSync(file)) return run;
  const before = readRun(file);
  if (
    !isDeepStrictEqual(before.machine, run.machine) ||
    !isDeepStrictEqual(before.programs, run.programs)
  )
    throw new Error(`${file} has figures of another build or machine: name another file`);
  return { ...before, ...(run.note === undefined ? {} : { note: run.note }) };
}

export function writeRun(file: string, run: BenchRun): void {
  writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
}
