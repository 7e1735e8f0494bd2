import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/clock.js';
import { askStatus } from '../../../src/status/client.js';
import type { Program } from '../../world/program.js';
import type { Machine } from './machine.js';
import { firstConfiguration, type Settings } from './settings.js';
import type { Source } from './source.js';
import type { Vault } from './vault.js';

/** What all steps of a round share. */
export interface Round {
  readonly vault: Vault;
  readonly settings: Settings;
  readonly random: () => number;
  /** Whether nothing in the container proves the content of a file of so many bytes. */
  isUnproven(size: number): boolean;
}

/** What is known of the machine that died. */
export interface FirstLife {
  /** The last change that the daemon had in its container, as it said, and a time at which it was so. */
  readonly settled: number;
  readonly settledAtMs: number;
  /** Whether everything before that time was stored in an earlier second, and all that came later in a later one. */
  readonly canAskForThen: boolean;
  /** What the daemons said, to be read after a failure. */
  readonly log: string;
}

/** How long the daemon may not know yet of a change on a busy machine. */
const UNAWARE_MS = 1_500;
/** How long it may take to send everything. */
const PATIENCE_MS = 180_000;

/** The daemon mirrors, is killed and started again, settles, and dies amid uploads. Rejects when it ends by itself. */
export async function liveAndDie(
  machine: Machine,
  source: Source,
  round: Round,
): Promise<FirstLife> {
  const { settings, vault, random } = round;
  machine.writeConfig(firstConfiguration(vault, settings));
  let daemon = machine.start(['run']);
  let log = '';
  try {
    for (let lives = Math.floor(random() * 3); lives > 0; lives -= 1) {
      await changeFor(source, random() * 800, random);
      if (random() < 0.4) await settle(machine, daemon);
      log += await kill(daemon);
      daemon = machine.start(['run']);
    }
    await changeFor(source, 500 + random() * 1_000, random);
    await settle(machine, daemon);
    const settled = source.moment;
    const canAskForThen = settings.versions || settings.deletes === 'trash';
    // Providers tell times in whole seconds.
    const settledAtMs = canAskForThen ? await untilNextSecond() : Date.now();
    if (canAskForThen) await untilNextSecond();
    await changeFor(source, 300 + random() * 700, random);
    if (random() < 0.7) source.writeLarge();
    await delay(random() ** 2 * 1_500);
    if (hasEnded(daemon)) throw new Error(`the daemon ended by itself:\n${daemon.stderr()}`);
    log += await kill(daemon);
    return { settled, settledAtMs, canAskForThen, log };
  } finally {
    await kill(daemon);
  }
}

/** Resolves with what the daemon has said. */
async function kill(daemon: Program): Promise<string> {
  daemon.kill('SIGKILL');
  return (await daemon.finished).stderr;
}

const hasEnded = ({ child }: Program): boolean =>
  child.exitCode !== null || child.signalCode !== null;

async function changeFor(source: Source, ms: number, random: () => number): Promise<void> {
  const until = Date.now() + ms;
  while (Date.now() < until) {
    source.change();
    await delay(random() * 30);
  }
}

/** Resolves when the daemon says that everything is in the container. */
async function settle(machine: Machine, daemon: Program): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  await delay(UNAWARE_MS);
  while (!(await saysInSync(machine))) {
    if (hasEnded(daemon) || Date.now() > deadline)
      throw new Error(`the daemon of ${machine.folder} does not settle:\n${daemon.stderr()}`);
    await delay(100);
  }
}

async function saysInSync({ folder }: Machine): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(5_000);
    const asked = { stateFolder: `${folder}/state`, clock: systemClock, signal };
    const [mirror] = (await askStatus(undefined, asked)).mirrors;
    return mirror?.state === 'in-sync' && mirror.lagSeconds === 0;
  } catch {
    return false; // It does not listen yet.
  }
}

/** Resolves, a little later, with a whole second that had not begun. */
async function untilNextSecond(): Promise<number> {
  const second = Math.ceil(Date.now() / 1_000) * 1_000;
  await delay(second - Date.now() + 20);
  return second;
}
