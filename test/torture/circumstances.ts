import type { Failpoint } from '../../src/failpoint.js';
import { configText } from '../world/config-text.js';
import type { TortureTarget } from './target.js';
import { CONTAINER } from './target.js';
import type { Paths } from './world.js';

export const DRIVERS = ['local', 's3', 'swift', 'azure', 'google', 'b2'] as const;
export type Driver = (typeof DRIVERS)[number];

/** Whether a mirror on such a target can come to the point at all. */
export function leadsTo(driver: Driver, point: Failpoint): boolean {
  if (point.startsWith('parts:')) return driver !== 'local';
  // A folder takes a batch with one call, the others with a call for each object, or with a request for each.
  if (point === 'sync: batch sent in part' || point.startsWith('puts:')) return driver !== 'local';
  return driver === 'local' || !(point.startsWith('local:') || point.includes('room made'));
}

/** Settings of the mirror's guard: nothing is held, masses are, or already what a person does on a usual day. */
const GUARDS = {
  off: 'off',
  usual: '{}',
  tight: '{ count: 10, percentage: 5%, at_least: 5, window: 1m }',
} as const;
const WATCH = ['chokidar', 'directories', 'scan'] as const;
/** Calls a second to a slow target. */
const SLOW_RATE = 8;

export type Engine = 'lmdb' | 'lowdb';

/** How one world is, from its beginning to its end. */
export interface Circumstances {
  readonly links: 'skip' | 'preserve';
  readonly losesEvents: boolean;
  readonly losesState: boolean;
  readonly clockJumps: boolean;
  readonly watch: (typeof WATCH)[number];
  readonly changesEngine: boolean;
  readonly deletes: 'mirror' | 'trash';
  readonly guard: keyof typeof GUARDS;
  readonly firstEngine: Engine;
  /** What befalls the processes that help the daemon; `none`: there are none. A frozen one may write late. */
  readonly workers: 'none' | 'killed' | 'frozen';
}

export type Pick = <T>(from: readonly T[]) => T;

export function chooseCircumstances(random: () => number, pick: Pick): Circumstances {
  return {
    links: pick(['skip', 'preserve'] as const),
    losesEvents: random() < 0.4,
    losesState: random() < 0.4,
    clockJumps: random() < 0.4,
    watch: pick(WATCH),
    changesEngine: random() < 0.3,
    deletes: pick(['mirror', 'mirror', 'trash'] as const),
    guard: pick(['off', 'usual', 'tight', 'tight'] as const),
    firstEngine: random() < 0.75 ? 'lmdb' : 'lowdb',
    workers: 'none',
  };
}

/**
 * Of a world with workers: what goes wrong in it are its processes and its queue. With a trash, a new file is sent by a worker
 * only if a listing of the container has found its name absent: then only listings look for changes.
 */
export function chooseAmongWorkers(random: () => number, pick: Pick): Circumstances {
  const chosen = chooseCircumstances(random, pick);
  return {
    ...chosen,
    links: 'preserve',
    watch: chosen.deletes === 'trash' ? 'scan' : chosen.watch,
    losesEvents: false,
    losesState: false,
    clockJumps: false,
    changesEngine: false,
    guard: 'off',
    workers: pick(['killed', 'frozen'] as const),
  };
}

/** What changes from daemon to daemon. */
export interface Setting {
  readonly engine: Engine;
  /** Whether the target takes only a few calls a second. */
  readonly slow: boolean;
  /** Lines of the configuration, with `queue:`; undefined: there are no workers. */
  readonly queue?: string;
}

/** Whether only runs that list the container look for changes. */
export function findsByListing({ workers, deletes }: Circumstances): boolean {
  return workers !== 'none' && deletes === 'trash';
}

/** Lines about how a daemon finds changes. */
function looksText(driver: Driver, circumstances: Circumstances): string {
  const { watch, losesEvents, losesState } = circumstances;
  const often = losesState || driver !== 'local' ? '2s' : '0';
  const [rescan, reconcile] = findsByListing(circumstances)
    ? ['0', '1s']
    : [watch === 'scan' || losesEvents ? '1s' : '0', often];
  return `watch: ${watch}
    rescan: ${rescan}
    reconcile: ${reconcile}`;
}

export function configuration(
  { source, state }: Paths,
  driver: Driver,
  target: TortureTarget,
  circumstances: Circumstances,
  { engine, slow, queue }: Setting,
): string {
  const { losesState, links, deletes, guard, workers } = circumstances;
  // A machine that takes the lease over, and the one that gets it back, know of no object that only the other one has put.
  const forgets = losesState || workers === 'frozen';
  return configText({
    state,
    top: `log: { level: debug }\ndrain: 20s\n${queue ?? ''}`,
    targetName: 'vault',
    target: slow
      ? target.settings.replace(/ }$/, `, request_rate: ${SLOW_RATE} }`)
      : target.settings,
    source,
    container: CONTAINER,
    mirror: `    settle_limit: 200ms
    ${looksText(driver, circumstances)}
    extraneous: ${forgets ? 'delete' : 'keep'}
    symlinks: ${links}
    index: ${engine}
    deletes: ${deletes}
    lease: ${losesState ? '0' : queue === undefined ? '10m' : '60s'}
    guard: ${GUARDS[guard]}
    workers: ${queue !== undefined}
`,
  });
}
