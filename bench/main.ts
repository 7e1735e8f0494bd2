// Rows of figures, longshore beside its peers: npm run bench -- list
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Request, readArguments } from './arguments.js';
import { differences, differenceText, machineDifferences, worse } from './compare.js';
import { childrenOf, loadAverages } from './proc.js';
import { describeMachine, findPrograms, MAIN } from './programs.js';
import { reportOf } from './report.js';
import { type BenchRun, type RowResult, withRow } from './result.js';
import type { Bench, Row } from './row.js';
import { ROWS } from './rows/catalogue.js';
import { continued, readRun, writeRun } from './run-file.js';
import { openSpace, type Space } from './space.js';
import { GNU_TIME } from './timing.js';

/** Exit codes: what was asked for is wrong; longshore failed in a row; longshore got slower. */
const EXIT = { usage: 2, failed: 1, worse: 3 } as const;

const [first = '', ...rest] = process.argv.slice(2);
if (first === 'list')
  for (const { name, title } of ROWS) console.log(`${name.padEnd(20)} ${title}`);
else if (first === 'micro') process.exitCode = micro(rest);
else process.exitCode = await bench([first, ...rest].filter(Boolean));

function micro([name = '', ...args]: readonly string[]): number {
  const program = fileURLToPath(new URL(`micro/${name}.js`, import.meta.url));
  if (!existsSync(program)) {
    process.stderr.write(`${name}: no such bench; docs/performance.md lists them\n`);
    return EXIT.usage;
  }
  return spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' }).status ?? 1;
}

async function bench(args: readonly string[]): Promise<number> {
  let plan: Plan;
  try {
    plan = planFor(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return EXIT.usage;
  }
  const space = openSpace();
  removeOnSignals(space);
  try {
    return await runRows(plan, space);
  } finally {
    space.close();
  }
}

/** What was asked for, with the files that were named. */
interface Plan {
  readonly request: Request;
  /** The run to compare with. */
  readonly before: BenchRun | undefined;
  /** What the figures are added to. */
  readonly run: BenchRun;
}

/** Throws an Error whose message says what is wrong with the arguments, the files, or this machine. */
function planFor(args: readonly string[]): Plan {
  const request = readArguments(args, ROWS);
  if (!existsSync(GNU_TIME)) throw new Error(`${GNU_TIME} is missing: install GNU time`);
  const { compare, json, note } = request;
  const before = compare === undefined ? undefined : readRun(compare);
  const run = continued(json, {
    format: 1,
    startedAt: new Date().toISOString(),
    ...(note === undefined ? {} : { note }),
    machine: describeMachine(),
    programs: findPrograms(),
    rows: [],
  });
  return { request, before, run };
}

async function runRows({ request, before, run: begun }: Plan, space: Space): Promise<number> {
  const { rows, rounds, json, against } = request;
  const others = against === undefined ? [] : [{ label: 'other build', main: against }];
  const builds: Bench['builds'] = [{ label: '', main: MAIN }, ...others];
  let run = begun;
  for (const row of rows) {
    const progress = (text: string) => void process.stderr.write(`${row.name}: ${text}\n`);
    const bench = { space, builds, programs: run.programs, rounds, progress };
    const result = await runRow(row, bench);
    console.log(reportOf(row, result));
    run = withRow(run, result);
    if (json !== undefined) writeRun(json, run);
  }
  const measured = new Set(rows.map(({ name }) => name));
  return verdictOf(before, { ...run, rows: run.rows.filter(({ row }) => measured.has(row)) });
}

/** A row that could not be run at all is a failure of longshore in that row. */
async function runRow(row: Row, bench: Bench): Promise<RowResult> {
  const about = { row: row.name, title: row.title, load: loadAverages() };
  try {
    return { ...about, ...(await row.run(bench)) };
  } catch (error) {
    const failures = [error instanceof Error ? error.message : String(error)];
    const subject = { name: 'longshore', program: 'longshore', command: '', samples: [], failures };
    return { ...about, fileSystem: 'unknown file system', subjects: [subject] };
  } finally {
    bench.space.removeAll();
  }
}

function verdictOf(before: BenchRun | undefined, now: BenchRun): number {
  const own = now.rows.flatMap(({ subjects }) => subjects).filter((s) => s.program === 'longshore');
  if (before !== undefined) {
    for (const text of machineDifferences(before, now)) console.log(`\nanother machine: ${text}`);
    const all = differences(before, now);
    const slower = worse(all);
    console.log(`\n${slower.length} of ${all.length} CPU times are more than 5 % worse`);
    for (const each of slower) console.log(`  ${differenceText(each)}`);
    if (slower.length > 0) return EXIT.worse;
  }
  return own.some(({ failures }) => failures.length > 0) ? EXIT.failed : 0;
}

/** Mounted images are removed, and what runs ends, when the bench is stopped. */
function removeOnSignals(space: Space): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.on(signal, () => {
      endDescendants(process.pid);
      space.close();
      process.exit(code);
    });
}

function endDescendants(pid: number): void {
  for (const child of childrenOf(pid)) {
    endDescendants(child);
    try {
      process.kill(child, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
