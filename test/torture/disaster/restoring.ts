import { setTimeout as delay } from 'node:timers/promises';
import { LINK_SUFFIX } from '../../../src/watcher/links.js';
import { eventsOf, type Finished } from '../../world/program.js';
import type { Round } from './first-machine.js';
import type { Machine } from './machine.js';
import { targetAlone } from './settings.js';
import type { Sighting } from './sightings.js';

/** What `longshore restore --json` said. */
export interface RestoreReport {
  /** Names of objects that were not restored, as a folder cannot hold them beside others. */
  readonly refused: ReadonlySet<string>;
  /** Whether one of them belongs to a path. */
  refuses(path: string): boolean;
  /** Where exit code and report disagree with each other, or with what is in the folder. */
  wrong(found: ReadonlyMap<string, Sighting>): string[];
}

/** Restores onto another machine as a person does who has nothing but the container. Some restores are killed, and called again. */
export async function restoreOnto(
  machine: Machine,
  to: string,
  round: Round,
): Promise<RestoreReport> {
  const { random } = round;
  const command = ['restore', ...placeOf(machine, round), '--to', to, '--json'];
  const again = random() < 0.4;
  if (again) {
    const killed = machine.start(command, round.vault.env);
    await delay(200 + random() * 500);
    killed.kill('SIGKILL');
    await killed.finished;
  }
  return reportOf(await machine.run(command, round.vault.env), round, again);
}

/** Restores what was in the container at a time. */
export async function restoreAtTime(
  machine: Machine,
  to: string,
  atMs: number,
  round: Round,
): Promise<RestoreReport> {
  const { vault, settings } = round;
  const place = [below(vault.place, settings.prefix), ...vault.options];
  const at = ['--at', new Date(atMs).toISOString()];
  // The machine has a configuration by now, which has no target of this name.
  const command = ['restore', ...place, ...at, '--to', to, '--json'];
  return reportOf(await machine.run(command, vault.env), round, false);
}

/** The container by the command line alone, or by a configuration with nothing but its target. */
function placeOf(machine: Machine, { vault, settings, random }: Round): readonly string[] {
  if (random() < 0.5) return [below(vault.place, settings.prefix), ...vault.options];
  machine.writeConfig(targetAlone(vault));
  return [below(`vault:${vault.container}`, settings.prefix)];
}

const below = (place: string, prefix: string): string =>
  prefix === '' ? place : `${place}/${prefix.replace(/\/$/, '')}`;

/** Problems of objects that claim one path, or a path below another one's. */
const CLASHES = ['blocked', 'exists'];

function reportOf(
  finished: Finished,
  { isUnproven }: Pick<Round, 'isUnproven'>,
  again: boolean,
): RestoreReport {
  const { code, stderr } = finished;
  const events = eventsOf(finished);
  const names = (...outcomes: readonly string[]) =>
    events.filter(({ event }) => outcomes.includes(String(event)));
  const done = names('restored', 'unchanged');
  const failed = names('failed');
  const refused = new Set(
    failed
      .filter(({ problem }) => CLASHES.includes(String(problem)))
      .map(({ name }) => String(name)),
  );
  return {
    refused,
    refuses: (path) => refused.has(path) || refused.has(path + LINK_SUFFIX),
    wrong: (found) => [
      ...(code === (failed.length > 0 ? 3 : 0)
        ? []
        : [`restore ends with ${code}, and reports ${failed.length} failures: ${stderr}`]),
      ...failed
        .filter(({ problem }) => !CLASHES.includes(String(problem)))
        .map((event) => `not restored: ${JSON.stringify(event)}`),
      ...(done.length === found.size
        ? []
        : [`restore reports ${done.length} files and links, and there are ${found.size}`]),
      ...(again ? [] : names('unchanged').map((event) => `unchanged: ${JSON.stringify(event)}`)),
      ...names('restored')
        .filter(({ verified, size }) => verified === null && !isUnproven(Number(size)))
        .map((event) => `unverified: ${JSON.stringify(event)}`),
    ],
  };
}
