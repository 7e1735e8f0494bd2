import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFolder, removeFolder } from '../world/folder.js';
import { violationsOf } from './judge.js';
import { type OneRun, runOnce } from './one-run.js';
import { nameOf, type Point, pointOf } from './points.js';
import { buildPreload } from './preload.js';
import { SCENARIOS, type Scenario } from './scenario.js';

/*
 * Calls whose failure once broke a promise. Each stands for a kind; the other calls of the kind are met by
 * `npm run test:calls`.
 */
const POINTS = [
  // A child process makes the index: LMDB ends that one only, and what it leaves is no damage.
  'first/state/read/mirrors/documents/index.mdb.*.tmp#1/EIO',
  'first/state/truncate/mirrors/documents/index.mdb.*.tmp-lock#1/EIO',
  'first/state/truncate/mirrors/documents/index.mdb-lock#1/EIO',
  'first/state/write/mirrors/documents/index.mdb.*.tmp#1/short',
  // A folder without a watch.
  'directories/source/watch/f#1/ENOSPC',
  // A scan's thread that cannot look for the index of the main thread spoils it for the process.
  'daemon/state/create/mirrors/documents/index.mdb#3/EIO',
  // Folders that are empty between two calls.
  'scan/target/unlink/documents/e/deep/four#1/kill-after',
  'first/target/unlink/.longshore/exclusive#2/EIO',
  'daemon/target/unlink/.longshore/exclusive#13/EIO',
  'again/target/rename/.longshore/incoming/*#2/kill-before',
];

const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
const folder = createFolder('points');
const kept = new Map<string, ReadonlySet<string>>();
let library = '';
let runs = 0;

beforeAll(() => {
  if (hasCompiler) library = buildPreload(folder);
});
afterAll(() => removeFolder(folder));

function run(scenario: Scenario, point: Point | undefined): Promise<OneRun> {
  runs += 1;
  return runOnce({
    library,
    folder: join(folder, String(runs)),
    scenario,
    point,
    golden: kept.get(scenario.name),
  });
}

/** LMDB may end the process at a lock that fails only after the trial in a process of its own: see src/state/opening-mark.ts. */
const IN_OPENINGS = [
  'first/state/lock/mirrors/documents/index.mdb-lock#2/ENOLCK',
  'again/state/lock/mirrors/documents/index.mdb-inodes-lock#5/ENOLCK',
];

test.runIf(hasCompiler).each(IN_OPENINGS)(
  'a call that fails while LMDB opens a file: %s: the next start explains the end, and leaves all equal',
  async (name) => {
    const { observed, point } = await runKnown(name);
    const crashed = violationsOf(observed).filter((each) => /^crash: SIG(SEGV|ABRT)$/.test(each));
    expect(
      violationsOf(observed).filter((each) => !crashed.includes(each)),
      nameOf(point),
    ).toEqual([]);
    const explained =
      / warn the last start ended while it opened the index mirror=documents file=\S+index\.mdb /;
    if (crashed.length > 0) expect(observed.second?.stderr).toMatch(explained);
    else expect(observed.second?.stderr).not.toMatch(explained);
  },
  300_000,
);

/** Runs the point's scenario without a fault, to learn what a run leaves behind, and then with its fault. */
async function runKnown(name: string) {
  const point = pointOf(name);
  const scenario = SCENARIOS.find((each) => each.name === point?.scenario);
  if (point === undefined || scenario === undefined) throw new RangeError(`${name} names no call`);
  if (!kept.has(scenario.name))
    kept.set(scenario.name, new Set((await run(scenario, undefined)).kept));
  const { observed, met } = await run(scenario, point);
  expect(met, nameOf(point)).toBe(true);
  return { observed, point };
}

test.runIf(hasCompiler).each(POINTS)(
  'a call that fails: %s: the run ends in order, and the next one leaves all equal',
  async (name) => {
    const { observed } = await runKnown(name);
    expect(violationsOf(observed), observed.faulty?.stderr).toEqual([]);
  },
  300_000,
);
