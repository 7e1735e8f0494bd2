import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DRIVERS } from '../circumstances.js';
import { writeReport } from '../report.js';
import { DisasterFailure, type Figures } from './figures.js';
import { canBeAnother } from './machine.js';
import { playRound } from './round.js';
import type { VaultKind } from './vault.js';
import { vaultKinds } from './vault-kinds.js';

// npm run test:torture -- --disaster [--rounds N] [--from N] [--seconds N] [--seed S] [--jobs N] [--drivers local,s3,…]
// [--report FILE]: see round.ts and docs/internals.md. Over the servers that the environment names (test/servers).
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    from: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '3600' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    jobs: { type: 'string', default: '2' },
    drivers: { type: 'string', default: DRIVERS.join() },
    report: { type: 'string' },
  },
});
const first = whole(values.from);
const wanted = whole(values.rounds);
const seconds = whole(values.seconds);
const seed = whole(values.seed);
const jobs = whole(values.jobs);
const drivers = DRIVERS.filter((driver) => values.drivers.split(',').includes(driver));
if (drivers.length === 0) throw new RangeError(`--drivers takes some of ${DRIVERS.join()}`);

// In memory where there is room: there is no disk to wait for.
const folder = mkdtempSync(
  join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'longshore-disaster-'),
);
const kinds = await vaultKinds(drivers);
const beganAt = performance.now();
const spent = () => Math.round((performance.now() - beganAt) / 1_000);
const figures: Figures = { restored: 0, amidUploads: 0, atTime: 0 };
const green = new Map<string, number>();
let next = first;
let failures = 0;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    interrupted = true;
  });

function whole(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`a whole number, please, and not ${text}`);
}

/** Round after round, until there are enough of them, one fails, or time is up. */
async function playOn(): Promise<void> {
  while (!interrupted && failures === 0 && next < first + wanted && spent() < seconds) {
    const round = next;
    next += 1;
    const kind = kinds[round % kinds.length] as VaultKind;
    try {
      const place = join(folder, String(round));
      await playRound({ folder: place, seed: seed * 1_000_000 + round, kind, figures });
      green.set(kind.title, (green.get(kind.title) ?? 0) + 1);
    } catch (error) {
      if (interrupted) return; // the programs of the round were asked to end, too
      failures += 1;
      const what = error instanceof DisasterFailure ? error.message : (error as Error).stack;
      const repeat = `--seed ${seed} --from ${round} --rounds 1 --drivers ${drivers}`;
      console.error(`\nFAILED, with ${repeat}: ${what}\n`);
    }
  }
}

console.log(
  `disasters: ${wanted} rounds, seed ${seed}, ${jobs} side by side, in ${folder}${canBeAnother ? '' : '; without the right to namespaces the other machine is another folder of this one'}`,
);
const progress = () =>
  `${spent()} s: ${[...green.values()].reduce((sum, each) => sum + each, 0)} of ${next - first} rounds went as promised, ${figures.amidUploads} died amid uploads, ${figures.atTime} were restored as of a time too, ${figures.restored} files and links judged`;
const ticking = setInterval(() => console.log(progress()), 30_000);
await Promise.all(Array.from({ length: jobs }, playOn));
clearInterval(ticking);
for (const kind of kinds) await kind.close();
console.log(progress());
for (const [title, rounds] of green) console.log(`  ${rounds} on ${title}`);
if (failures === 0) rmSync(folder, { recursive: true });
if (green.size === 0 && failures === 0) {
  failures += 1;
  console.error('FAILED: no round was played to its end');
}
if (values.report !== undefined) writeReport(values.report, failures);
process.exitCode = failures > 0 ? 1 : 0;
