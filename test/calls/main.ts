import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { violationsOf } from './judge.js';
import { knownReason } from './known-faults.js';
import { removeFolder, runOnce } from './one-run.js';
import { inTurn, nameOf, type Point, pointOf, pointsOf } from './points.js';
import { buildPreload } from './preload.js';
import { SCENARIOS, type Scenario } from './scenario.js';

// npm run test:calls -- [--seconds N | --all | --only NAME] [--seed S] [--jobs N] [--match REGEX] [--list] [--report FILE]: see docs/internals.md.
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    jobs: { type: 'string', default: '2' },
    all: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    match: { type: 'string', default: '' },
    report: { type: 'string' },
  },
});
const [seconds, seed, jobs] = [Number(values.seconds), Number(values.seed), Number(values.jobs)];
if (![seconds, seed, jobs].every((number) => Number.isSafeInteger(number) && number >= 0))
  throw new RangeError('whole numbers, please');

const folder = mkdtempSync(
  join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'longshore-calls-'),
);
const library = buildPreload(folder);
const golden = new Map<string, ReadonlySet<string>>();
const counts = { passed: 0, failed: 0, known: 0, notMet: 0 };
let runs = 0;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    interrupted = true;
  });

/** Runs a scenario in which nothing fails: its calls are the points of others, and what it leaves is what may be left. */
async function learn(scenario: Scenario): Promise<Point[]> {
  const place = join(folder, `learn-${scenario.name}`);
  const { observed, calls, kept } = await runOnce({
    library,
    folder: place,
    scenario,
    point: undefined,
    golden: undefined,
  });
  const violations = violationsOf(observed);
  if (violations.length > 0)
    throw new Error(
      `${scenario.name} fails without any fault: ${violations.join('; ')}\n${observed.faulty?.stderr}`,
    );
  golden.set(scenario.name, new Set(kept));
  removeFolder(place);
  return pointsOf(scenario.name, calls);
}

async function check(point: Point): Promise<void> {
  const scenario = SCENARIOS.find(({ name }) => name === point.scenario);
  if (!scenario) throw new RangeError(`no scenario is called ${point.scenario}`);
  runs += 1;
  const place = join(folder, String(runs));
  const { observed, met } = await runOnce({
    library,
    folder: place,
    scenario,
    point,
    golden: golden.get(scenario.name),
  });
  const violations = violationsOf(observed);
  if (violations.length === 0) {
    counts.passed += 1;
    if (!met) counts.notMet += 1;
    removeFolder(place);
    return;
  }
  const known = knownReason(observed, violations);
  if (known !== undefined) {
    counts.known += 1;
    console.error(`KNOWN ${nameOf(point)}: ${known}\n  ${violations.join('\n  ')}`);
    removeFolder(place);
    return;
  }
  counts.failed += 1;
  const { faulty, second } = observed;
  writeFileSync(join(place, 'stderr'), `${faulty?.stderr}\nsecond run:\n${second?.stderr}`);
  const lines = violations.map((line) => `  ${line}`).join('\n');
  console.error(
    `FAILED ${nameOf(point)}${met ? '' : ' (not met)'}\n${lines}\n  kept: ${place}\n  again: npm run test:calls -- --only '${nameOf(point)}'`,
  );
}

const only = values.only.map((name) => {
  const point = pointOf(name);
  if (!point) throw new RangeError(`${name} does not name a call and its fault`);
  return point;
});
const used = SCENARIOS.filter(
  ({ name }) => only.length === 0 || only.some(({ scenario }) => scenario === name),
);
const learned = (await Promise.all(used.map(learn))).flat();
const wanted = learned.filter((point) => new RegExp(values.match).test(nameOf(point)));
const points = only.length > 0 ? only : values.all ? wanted : inTurn(wanted, seed);
if (values.list) for (const point of points) console.log(nameOf(point));
console.log(
  `test:calls: ${points.length} points; ${values.all || only.length > 0 ? 'all' : `${seconds} s`}, seed ${seed}, ${jobs} side by side, in ${folder}`,
);

const beganAt = performance.now();
const isOver = () =>
  interrupted ||
  (!values.all && only.length === 0 && performance.now() - beganAt > seconds * 1_000);
const waiting = values.list ? [] : [...points];
await Promise.all(
  Array.from({ length: jobs }, async () => {
    for (let point = waiting.shift(); point !== undefined && !isOver(); point = waiting.shift())
      await check(point);
  }),
);
console.log(
  `${runs} runs: ${counts.passed} passed (${counts.notMet} did not come to their call), ${counts.known} with a known fault, ${counts.failed} failed`,
);
if (values.report !== undefined) {
  const report = {
    numPassedTests: counts.passed,
    numFailedTests: counts.failed,
    numPendingTests: counts.known,
    numTodoTests: 0,
  };
  writeFileSync(values.report, JSON.stringify(report));
}
if (counts.failed === 0) removeFolder(folder);
process.exitCode = counts.failed > 0 || (counts.passed === 0 && !values.list) ? 1 : 0;
