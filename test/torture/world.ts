import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../world/tree.js';
import type { Orders } from './armed/orders.js';
import { azureTarget } from './azure-target.js';
import { b2Target } from './b2-target.js';
import {
  type Circumstances,
  chooseAmongWorkers,
  chooseCircumstances,
  type Driver,
  type Engine,
  findsByListing,
  type Pick,
} from './circumstances.js';
import type { Figures } from './figures.js';
import { googleTarget } from './google-target.js';
import { createHolds, type Holds } from './holds.js';
import { localTarget } from './local-target.js';
import { createOversight, type Oversight } from './oversight.js';
import { createPerson, type Person } from './person.js';
import { s3Target } from './s3-target.js';
import { swiftTarget } from './swift-target.js';
import type { TortureTarget } from './target.js';
import { createTree, type Tree } from './tree.js';

export interface WorldOptions {
  /** Empty; everything of this world is in it. */
  readonly folder: string;
  readonly seed: number;
  readonly driver: Driver;
  readonly figures: Figures;
  /** Between daemons: whether time is up. */
  readonly isOver: () => boolean;
  /** Lines of the configuration, with `queue:`, where workers help the daemons. */
  readonly queue?: string;
}

/** How long a daemon may not know yet of a change on a busy machine, beside its settle time. */
const UNAWARE_MS = 1_500;
const RESCAN_MS = 1_000;
/** How long a run may take there that lists the container, one after the other: what changes behind it is found by the next. */
const LISTING_MS = 20_000;
/** Workers get nothing where few files come at once. */
const MOST_NODES_OF_WORKERS = 1_500;

export interface Paths {
  readonly folder: string;
  readonly source: string;
  /** A file system of its own, where the target is a folder and there is the right to mount. */
  readonly disk: string;
  readonly state: string;
  /** Where the daemons note what they do. */
  readonly log: string;
  readonly config: string;
}

/** One mirror, its source, its target, and what is known of them. */
export interface World extends WorldOptions {
  readonly paths: Paths;
  readonly circumstances: Circumstances;
  readonly random: () => number;
  readonly pick: Pick;
  readonly target: TortureTarget;
  readonly tree: Tree;
  readonly oversight: Oversight;
  readonly person: Person;
  readonly holds: Holds;
  /** When each object was last put, or was found right. */
  readonly putNs: Map<string, bigint>;
  /** Uploads that are in no ledger any more. */
  readonly forgotten: Set<string>;
  readonly mounted: boolean;
  /** What follows changes from daemon to daemon. */
  engine: Engine;
  slow: boolean;
  /** Orders for each daemon that is started from now on. */
  standing: Partial<Orders>;
  lives: number;
  /** Bytes of the log that have been read. */
  readTo: number;
  /** Indexes that were damaged and that no daemon has ended because of: each may end one, and the next start must heal it. */
  damages: number;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const { folder, seed, driver, queue } = options;
  const random = seeded(seed);
  const pick: Pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const choose = queue === undefined ? chooseCircumstances : chooseAmongWorkers;
  const circumstances = choose(random, pick);
  const { links, losesState, losesEvents, clockJumps, firstEngine, workers } = circumstances;
  const disk = join(folder, 'disk');
  const paths: Paths = {
    folder,
    source: join(folder, 'source'),
    disk,
    state: join(disk, 'state'),
    log: join(folder, 'log'),
    config: join(folder, 'longshore.yaml'),
  };
  for (const path of [paths.source, disk]) mkdirSync(path);
  const mounted =
    driver === 'local' &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'none', disk]).status === 0;
  const target = await openTarget(driver, paths, mounted, random);
  const { nameProblem } = target;
  const tree = createTree({
    root: paths.source,
    links,
    random,
    nameProblem,
    ...(queue !== undefined && { mostNodes: MOST_NODES_OF_WORKERS }),
  });
  const oversight = createOversight({
    tree,
    target,
    stateFolder: paths.state,
    isFileSystem: driver === 'local',
    losesState,
    losesEvents,
    clockJumps,
    hasLateWrites: workers === 'frozen',
    settleMs: UNAWARE_MS + betweenLooksMs(circumstances),
  });
  return {
    ...options,
    paths,
    circumstances,
    random,
    pick,
    target,
    tree,
    oversight,
    person: createPerson(paths.state),
    holds: createHolds(),
    putNs: new Map(),
    forgotten: new Set(),
    mounted,
    engine: firstEngine,
    slow: false,
    standing: {},
    lives: 0,
    readTo: 0,
    damages: 0,
  };
}

function betweenLooksMs(circumstances: Circumstances): number {
  if (findsByListing(circumstances)) return LISTING_MS;
  return circumstances.watch === 'scan' ? RESCAN_MS : 0;
}

/** Keeps the folder of a world that failed. */
export async function closeWorld(world: World, failed: boolean): Promise<void> {
  const { figures, folder, tree, target, oversight, person, mounted, paths } = world;
  figures.changes += tree.changes;
  figures.faults += target.faultsMet;
  figures.samples += oversight.samples;
  figures.decisions += person.decisions;
  await target.close();
  if (failed) return appendFileSync(join(folder, 'journal'), '');
  if (mounted) spawnSync('umount', ['--lazy', paths.disk]);
  rmSync(folder, { recursive: true, force: true });
}

async function openTarget(
  driver: Driver,
  { disk, folder }: Paths,
  mounted: boolean,
  random: () => number,
): Promise<TortureTarget> {
  switch (driver) {
    case 'local':
      return localTarget(join(disk, 'vault'), mounted ? disk : undefined);
    case 's3':
      return s3Target();
    case 'swift':
      return swiftTarget();
    case 'azure':
      return azureTarget(random);
    case 'google':
      return googleTarget(folder, random);
    case 'b2':
      return b2Target(random);
  }
}

/**
 * Whether longshore cannot know that it began this upload: the ledger that named it was lost, or it was begun while
 * the clock was wrong, and ended before its id was noted.
 */
export function isForgotten({ forgotten, paths, circumstances }: World, id: string): boolean {
  if (forgotten.has(id)) return true;
  const ledger = join(mirrorState(paths), 'ledger.json');
  return (
    circumstances.clockJumps && !(existsSync(ledger) && readFileSync(ledger, 'utf8').includes(id))
  );
}

/** The folder of the mirror's index and ledger. */
export const mirrorState = ({ state }: Paths): string => join(state, 'mirrors', 'documents');
