import { join } from 'node:path';
import type { MirrorConfig, TargetConfig } from './config.js';
import type { Complaint } from './fields.js';
import { inventoryProblems } from './inventory-checks.js';
import { isInside, overlap } from './places.js';
import { didYouMean } from './suggest.js';

/** A target, what rules may say of its objects, whether its provider makes inventories, and the local folders that hold it (symbolic links resolved). */
export interface PlacedTarget {
  readonly target: TargetConfig;
  readonly objectHeaders: readonly string[];
  readonly hasInventories: boolean;
  readonly folders: readonly string[];
  readonly placeProblem: (
    place: Pick<MirrorConfig, 'container' | 'prefix'>,
  ) => PlaceProblem | undefined;
}

/** A driver's rules for names, applied to a mirror's container and prefix. */
export interface PlaceProblem {
  readonly field: 'container' | 'prefix';
  readonly problem: string;
  /** Only a container that is to be created is refused: one of an older form may be there. */
  readonly onlyNew: boolean;
}

/** A mirror, where it stands in the list, and its source with symbolic links resolved. */
export interface PlacedMirror {
  readonly mirror: MirrorConfig;
  readonly position: number;
  readonly source: string;
}

/** What could be read, each good by itself. Paths are real ones: symbolic links are resolved. */
export interface Parts {
  readonly state: string | undefined;
  readonly targets: readonly PlacedTarget[];
  readonly mirrors: readonly PlacedMirror[];
  /** Every target that is written, those with complaints included. */
  readonly targetNames: readonly string[];
}

/** Returns all complaints about combinations of settings. */
export function crossChecks(parts: Parts): Complaint[] {
  return [
    ...unknownTargets(parts),
    ...sameNames(parts),
    ...settleLimits(parts),
    ...keptAndDeleted(parts),
    ...keptWithoutTrash(parts),
    ...unkeptHeaders(parts),
    ...inventoryProblems(parts),
    ...impossiblePlaces(parts),
    ...ownPlaces(parts),
    ...sharedPlaces(parts),
    ...loops(parts),
    ...statePlaces(parts),
  ];
}

function unknownTargets({ mirrors, targetNames }: Parts): Complaint[] {
  return mirrors
    .filter(({ mirror }) => !targetNames.includes(mirror.target))
    .map(({ mirror, position }) => ({
      path: ['mirrors', position, 'target'],
      message: `no target is called "${mirror.target}"${didYouMean(mirror.target, targetNames)} (targets: ${targetNames.join(', ') || 'none'})`,
    }));
}

function sameNames({ mirrors }: Parts): Complaint[] {
  const first = new Map<string, number>();
  return mirrors.flatMap(({ mirror, position }) => {
    // Each has a folder in the state folder, which may lie on a file system that does not tell cases apart.
    const earlier = first.get(mirror.name.toLowerCase());
    first.set(mirror.name.toLowerCase(), earlier ?? position);
    return earlier === undefined
      ? []
      : [
          {
            path: ['mirrors', position, 'name'],
            message: `"${mirror.name}" is already the name of mirrors[${earlier}]`,
          },
        ];
  });
}

function settleLimits({ mirrors }: Parts): Complaint[] {
  return mirrors
    .filter(({ mirror }) => mirror.settleLimitMs < mirror.settleMs)
    .map(({ position }) => ({
      path: ['mirrors', position, 'settle_limit'],
      message: 'expected at least as long as settle',
    }));
}

/** Once the state is lost, an object that was kept looks the same as one that longshore did not put there. */
function keptAndDeleted({ mirrors }: Parts): Complaint[] {
  return mirrors
    .filter(({ mirror }) => mirror.deletes === 'keep' && mirror.extraneous === 'delete')
    .map(({ position }) => ({
      path: ['mirrors', position, 'extraneous'],
      message:
        'after a loss of the state this would delete what "deletes: keep" has kept; write "report", or "deletes: trash"',
    }));
}

function keptWithoutTrash({ mirrors }: Parts): Complaint[] {
  return mirrors
    .filter(({ mirror }) => mirror.verify?.keepDamaged === true && mirror.deletes !== 'trash')
    .map(({ position }) => ({
      path: ['mirrors', position, 'verify', 'keep_damaged'],
      message: 'a damaged object is kept in the trash, which takes "deletes: trash"',
    }));
}

function unkeptHeaders({ mirrors, targets }: Parts): Complaint[] {
  return mirrors.flatMap(({ mirror, position }) => {
    const placed = targets.find(({ target }) => target.name === mirror.target);
    if (placed === undefined) return [];
    const { target, objectHeaders } = placed;
    return mirror.headers.flatMap((rule, i) =>
      Object.keys(rule)
        .filter((field) => field !== 'match' && !objectHeaders.includes(field))
        .map((field) => ({
          path: ['mirrors', position, 'headers', i, field],
          message: `objects of target "${target.name}" (driver ${target.driver}) have no ${field}`,
          aboutKey: true,
        })),
    );
  });
}

function impossiblePlaces({ mirrors, targets }: Parts): Complaint[] {
  return mirrors.flatMap(({ mirror, position }) => {
    const placed = targets.find(({ target }) => target.name === mirror.target);
    const found = placed?.placeProblem(mirror);
    if (placed === undefined || found === undefined || found.onlyNew) return [];
    const message = `target "${placed.target.name}" (driver ${placed.target.driver}) cannot have ${JSON.stringify(mirror[found.field])} there: ${found.problem}`;
    return [{ path: ['mirrors', position, found.field], message }];
  });
}

/** What longshore keeps below a mirror's prefix; see reserved-names.ts. */
const OWN_FOLDER = '.longshore';
/** Of the names in it, those that a folder of the trash would take: the lease, the index snapshot, the provider's clock, and what `probe` tries. */
const OWN_NAMES = /^\.longshore\/(lease|index-snapshot|clock|probe-[^/]*)\//;

/** A user's files would become the lease of another mirror's container, or the lease a folder of the trash. */
function ownPlaces({ mirrors }: Parts): Complaint[] {
  return mirrors.flatMap(({ mirror: { prefix, trashPrefix }, position }) => [
    ...(prefix.split('/').includes(OWN_FOLDER)
      ? [
          {
            path: ['mirrors', position, 'prefix'],
            message: `"${OWN_FOLDER}" is the folder in which longshore keeps its own objects; name another`,
          },
        ]
      : []),
    ...(OWN_NAMES.test(trashPrefix)
      ? [
          {
            path: ['mirrors', position, 'trash_prefix'],
            message:
              'longshore has another object of this name; ".longshore/trash/" is the default',
          },
        ]
      : []),
  ]);
}

/** Two mirrors that write to one place would delete each other's objects. */
function sharedPlaces({ mirrors, targets }: Parts): Complaint[] {
  return mirrors.flatMap((later, i) =>
    mirrors
      .slice(0, i)
      .filter((earlier) => samePlace(later, earlier, targets))
      .map((earlier) => ({
        path: ['mirrors', later.position, later.mirror.prefix === '' ? 'container' : 'prefix'],
        message:
          `"${later.mirror.name}" and "${earlier.mirror.name}" (mirrors[${earlier.position}]) write to the same place, or one inside the other: ` +
          `${placeOf(later)} and ${placeOf(earlier)}; give them containers or prefixes apart`,
      })),
  );
}

function samePlace(a: PlacedMirror, b: PlacedMirror, targets: readonly PlacedTarget[]): boolean {
  const [prefixA, prefixB] = [a.mirror.prefix, b.mirror.prefix];
  if (a.mirror.target === b.mirror.target && a.mirror.container === b.mirror.container) {
    return prefixA.startsWith(prefixB) || prefixB.startsWith(prefixA);
  }
  const foldersB = foldersOf(b, targets);
  return foldersOf(a, targets).some((folderA) =>
    foldersB.some((folderB) => overlap(folderA, folderB)),
  );
}

/** The local folders that a mirror writes to, when its target keeps objects in some. */
function foldersOf({ mirror }: PlacedMirror, targets: readonly PlacedTarget[]): string[] {
  const placed = targets.find(({ target }) => target.name === mirror.target);
  return (placed?.folders ?? []).map((root) =>
    join(root, mirror.container, mirror.prefix).replace(/(?<=.)\/$/, ''),
  );
}

const placeOf = ({ mirror }: PlacedMirror) =>
  `${mirror.target}:${mirror.container}/${mirror.prefix}`;

/** A mirror of a folder into itself would grow without end; so would two that feed each other. */
function loops({ mirrors, targets }: Parts): Complaint[] {
  return mirrors.flatMap(({ position, source }) =>
    targets.flatMap(({ target, folders }) =>
      folders
        .filter((root) => overlap(root, source))
        .map((root) => ({
          path: ['mirrors', position, 'source'],
          message:
            root === source
              ? `${source} is also where target "${target.name}" keeps its objects`
              : isInside(root, source)
                ? `target "${target.name}" keeps its objects in ${root}, inside this source: they would be mirrored into themselves`
                : `${source} is inside ${root}, where target "${target.name}" keeps its objects`,
        })),
    ),
  );
}

function statePlaces({ state, targets, mirrors }: Parts): Complaint[] {
  if (state === undefined) return [];
  const inTargets = targets
    .filter(({ folders }) => folders.some((root) => root === state || isInside(state, root)))
    .map(({ target }) => ({
      path: ['state'],
      message: `${state} is inside target "${target.name}": its objects and the state would mix`,
    }));
  const inSources = mirrors
    .filter(({ source }) => source === state || isInside(source, state))
    .map(({ mirror }) => ({
      path: ['state'],
      message: `the source of mirror "${mirror.name}" is inside the state folder ${state}`,
    }));
  return [...inTargets, ...inSources];
}
