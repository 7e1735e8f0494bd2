import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DRIVERS } from '../circumstances.js';
import { TortureFailure } from '../failure.js';
import { type Figures, noFigures } from '../figures.js';
import { writeReport } from '../report.js';
import { HAPPENING_NAMES, type HappeningName } from './happenings.js';
import { playScene } from './scene.js';

// npm run test:torture -- --workers [--seconds N] [--seed S] [--drivers local,s3,…] [--only 'worker killed,…'] [--report FILE]:
// see scene.ts and docs/internals.md. Needs Debian's redis-server.
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    drivers: { type: 'string', default: 'local,s3' },
    only: { type: 'string', default: HAPPENING_NAMES.join() },
    report: { type: 'string' },
  },
});
const LEAST_S = 5;
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (![seconds, seed].every((number) => Number.isSafeInteger(number) && number >= 0))
  throw new RangeError('whole numbers, please');
const drivers = DRIVERS.filter((driver) => values.drivers.split(',').includes(driver));
if (drivers.length === 0) throw new RangeError(`--drivers takes some of ${DRIVERS.join()}`);
const happenings = HAPPENING_NAMES.filter((name) => values.only.split(',').includes(name));
if (happenings.length === 0) throw new RangeError(`--only takes some of ${HAPPENING_NAMES.join()}`);

// In memory where there is room: what a kill leaves behind is the same, and there is no disk to wait for.
const folder = mkdtempSync(
  join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'longshore-workers-'),
);
const beganAt = performance.now();
const spent = () => Math.round((performance.now() - beganAt) / 1_000);
const figures: Figures = noFigures();
const happened = new Map<HappeningName, number>();
let failures = 0;
let interrupted = false;
/** Only trouble counts as time: how fast a machine starts processes, and how fast all comes right, decides nothing. */
let troubleAt: number | undefined;
let pastTroubleS = 0;
const begin = () => {
  troubleAt = performance.now();
};
const nowS = () => (troubleAt === undefined ? 0 : (performance.now() - troubleAt) / 1_000);
const rest = () => {
  // A scene in which nothing is possible counts as well.
  pastTroubleS += Math.max(LEAST_S, nowS());
  troubleAt = undefined;
};
const troubledS = () => pastTroubleS + nowS();
const leftS = () => (interrupted || failures > 0 ? 0 : seconds - troubledS());
const isOver = () => leftS() <= 0;
/** To come right takes longer than this. */
const WORTH_S = 30;
const isWorth = (scene: number) => leftS() > (scene < drivers.length ? 0 : WORTH_S);
// The scene then comes to rest and is looked at, and no process is left behind.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    interrupted = true;
  });

console.log(`workers: ${seconds} s, seed ${seed}, in ${folder}`);
const ticking = setInterval(() => console.log(progress()), 30_000);
for (let scene = 0; isWorth(scene); scene += 1) {
  const place = join(folder, String(scene));
  mkdirSync(place);
  const driver = drivers[scene % drivers.length] ?? 'local';
  // The first scene of each driver has its share, so that a short run comes to all of them.
  const endsAtS = seconds - leftS() + leftS() / Math.max(1, drivers.length - scene);
  const leftOfSceneS = () => Math.min(leftS(), endsAtS - troubledS());
  const options = { folder: place, seed: seed * 1_000_000 + scene, driver, figures, isOver };
  try {
    await playScene({ ...options, happenings, happened, begin, rest, leftS: leftOfSceneS });
  } catch (error) {
    failures += 1;
    const what = error instanceof TortureFailure ? error.message : (error as Error).stack;
    console.error(`\nFAILED, with --seed ${seed}: ${what}\n`);
  }
}
clearInterval(ticking);
console.log(progress());
for (const name of happenings)
  console.log(`  ${String(happened.get(name) ?? 0).padStart(4)} times ${name}`);
if (failures === 0) rmSync(folder, { recursive: true });
if (failures === 0 && (figures.quiets === 0 || figures.byWorkers === 0)) {
  failures += 1;
  console.error('FAILED: workers wrote nothing, or nothing was looked at afterwards');
}
if (values.report !== undefined) writeReport(values.report, failures);
process.exitCode = failures > 0 ? 1 : 0;

function progress(): string {
  const { kills, stops, quiets, objects, changes, deletes, byWorkers, samples } = figures;
  const events = [...happened.values()].reduce((sum, each) => sum + each, 0);
  return `${spent()} s: ${events} happenings, ${kills} kills, ${stops} stops, ${quiets} times all equal (${objects} objects), ${changes} changes, ${byWorkers} objects written by workers, ${deletes} deletes judged, ${samples} answers held against the history`;
}
