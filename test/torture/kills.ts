import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FAILPOINTS } from '../../src/failpoint.js';
import { DRIVERS, leadsTo } from './circumstances.js';
import { TortureFailure } from './failure.js';
import { type Figures, noFigures } from './figures.js';
import { writeReport } from './report.js';
import { torture } from './torture.js';

// npm run test:torture -- [--seconds N] [--seed S] [--jobs N] [--drivers local,s3,…] [--report FILE]: see docs/internals.md.
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    jobs: { type: 'string', default: '2' },
    drivers: { type: 'string', default: DRIVERS.join() },
    report: { type: 'string' },
  },
});
const [seconds, seed, jobs] = [Number(values.seconds), Number(values.seed), Number(values.jobs)];
if (![seconds, seed, jobs].every((number) => Number.isSafeInteger(number) && number >= 0))
  throw new RangeError('whole numbers, please');

const drivers = DRIVERS.filter((driver) => values.drivers.split(',').includes(driver));
if (drivers.length === 0) throw new RangeError(`--drivers takes some of ${DRIVERS.join()}`);

// In memory where there is room: what a kill leaves behind is the same, and there is no disk to wait for.
const folder = mkdtempSync(
  join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'longshore-torture-'),
);
const beganAt = performance.now();
const figures: Figures = noFigures();
let failures = 0;
let interrupted = false;
const isOver = () => interrupted || failures > 0 || performance.now() - beganAt > seconds * 1_000;
// Each world then comes to rest and is looked at, and no daemon is left behind.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    interrupted = true;
  });

console.log(`torture: ${seconds} s, seed ${seed}, ${jobs} side by side, in ${folder}`);
const ticking = setInterval(() => console.log(progress()), 30_000);

/** Of one world; less in a short run, so that each driver has one. */
const worldMs = Math.min(120_000, (seconds * 1_000 * jobs) / drivers.length);
let worlds = 0;

/** A world in which nothing is left of what the one before got used to, again and again. */
async function tortureOn(): Promise<void> {
  while (!isOver()) {
    const world = worlds;
    worlds += 1;
    const place = join(folder, String(world));
    mkdirSync(place);
    const until = performance.now() + worldMs;
    try {
      await torture({
        folder: place,
        seed: seed * 1_000_000 + world,
        driver: drivers[world % drivers.length] ?? 'local',
        figures,
        isOver: () => isOver() || performance.now() > until,
      });
    } catch (error) {
      failures += 1;
      console.error(
        `\nFAILED, with --seed ${seed}: ${error instanceof TortureFailure ? error.message : (error as Error).stack}\n`,
      );
    }
  }
}

function progress(): string {
  const {
    kills,
    stops,
    quiets,
    changes,
    faults,
    deletes,
    objects,
    fullDisks,
    losses,
    damagesMet,
    samples,
    decisions,
    reached,
  } = figures;
  const spent = Math.round((performance.now() - beganAt) / 1_000);
  return `${spent} s: ${kills} kills, ${stops} stops, ${quiets} times all equal (${objects} objects), ${changes} changes, ${faults} faults, ${deletes} deletes judged, ${samples} answers held against the history, ${fullDisks} full disks, ${losses} states spoiled (${damagesMet} daemons ended by it), ${decisions} decisions about what was held, ${reached.size} of ${FAILPOINTS.length} points`;
}

await Promise.all(Array.from({ length: jobs }, tortureOn));
clearInterval(ticking);
console.log(progress());
for (const point of FAILPOINTS) {
  const kills = figures.killedAt.get(point) ?? 0;
  console.log(
    `  ${String(kills).padStart(4)} kills at ${point}${figures.reached.has(point) ? '' : ' (NEVER REACHED)'}`,
  );
}
/** A run of so many kills must have died at each point. */
const MANY_KILLS = 500;
const missing = FAILPOINTS.filter(
  (point) => !figures.killedAt.has(point) && drivers.some((driver) => leadsTo(driver, point)),
);
if (figures.kills === 0 || figures.quiets === 0) {
  failures += 1;
  console.error('FAILED: nothing was killed, or nothing was looked at afterwards');
} else if (figures.kills >= MANY_KILLS && missing.length > 0) {
  failures += 1;
  console.error(`FAILED: no kill at ${missing.join('; ')}`);
}
if (values.report !== undefined) writeReport(values.report, failures);
process.exitCode = failures > 0 ? 1 : 0;
