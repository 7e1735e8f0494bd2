import type { IndexLocation, IndexView } from '../../state/object-index.js';
import { openChangedFolders } from '../../watcher/changed-folders.js';
import { openDescent, wouldBeLeftOut } from '../../watcher/descend.js';
import type { RelativePath } from '../../watcher/entry.js';
import { IGNORED, startLooking, type WalkSettings } from '../../watcher/look.js';
import { ALL_NAMES, isInRange, type NameRange } from '../../watcher/name-range.js';
import { problem } from '../../watcher/problem.js';
import { confirmSource, isEmptySource, openSource } from '../../watcher/source.js';
import { walk } from '../../watcher/walk.js';
import type { Policy } from '../decide.js';
import type { SkipReason } from '../events.js';
import { createNaming } from '../naming.js';
import { type MirrorPlace, namesListed, OWN_FOLDER } from '../reserved-names.js';
import { type InnerMounts, openMountCheck } from '../source/inner-mounts.js';
import { identifyingOnce } from '../source/source-identity.js';
import { type Counts, compare, type Finding, type MissingName } from './compare.js';
import { type IndexWindow, openIndexWindow } from './index-window.js';
import { type Landmarks, openLandmarks } from './landmarks.js';
import { type MissingCounts, settleMissing } from './missing-names.js';
import type { NextPage } from './remote-page.js';
import { openListingSide, openSourceSide } from './sides.js';
import { openSpill, type Spill } from './spill.js';
import { openUnseenRanges, type UnseenRanges } from './unseen-ranges.js';

/** What to scan; plain data, so that a worker thread can have it. */
export interface ScanRequest {
  /** Absolute path of the source. */
  readonly root: string;
  /** Only this path and what is below it; '' is the whole source, which alone can be compared with a listing. */
  readonly under: RelativePath;
  /** Only names in this range, so that several threads can share the work; without it all. A listing cannot be shared. */
  readonly range?: NameRange;
  /** Where the mirror is in its container; for a listing. Default: the container's top. */
  readonly place?: MirrorPlace;
  readonly settings: WalkSettings;
  readonly policy: Policy;
  readonly location: IndexLocation;
  /** Why nothing may be deleted or forgotten whatever the scan finds (no reconcile has finished yet, …); undefined when it may. */
  readonly noDeletes?: string;
  /** The file systems that belong inside the source, and what to say where one is not mounted. */
  readonly mounts?: { readonly known: InnerMounts; readonly whenAway: string };
  /** When the scan began, milliseconds since the epoch. Default: it is not asked whether the source changed meanwhile. */
  readonly beganMs?: number;
  /** True: an empty source is meant, and what is known of it may be deleted. */
  readonly acceptEmpty?: boolean;
}

/** Something that is skipped. */
export interface ScanProblem {
  readonly kind: 'problem';
  readonly path: RelativePath;
  readonly reason: SkipReason;
  readonly detail: string;
  /** Of a file that cannot be mirrored under its name. */
  readonly inode?: bigint;
  /** Of `delete-withheld`: how many objects are kept, and why. */
  readonly kept?: { readonly objects: number; readonly why: string };
  /** See WalkProblem. */
  readonly transient?: true;
}

/**
 * The source has been walked to its end without an error, and is still the folder that it was. What comes after this
 * concerns names that it does not have.
 */
export interface Walked extends Counts {
  readonly kind: 'walked';
  readonly device: bigint;
  readonly inode: bigint;
  /** The source's folder has nothing in it at all, as that of a disk that is not mounted. */
  readonly empty: boolean;
  /** A folder changed since `beganMs`, so that a file that moved meanwhile may have been met nowhere. */
  readonly changed: boolean;
}

export interface ScanSummary extends Counts, MissingCounts {
  readonly kind: 'finished';
  /** False when there were parts of the source that could not be seen. */
  readonly complete: boolean;
  /**
   * Names that were met, evenly spaced; what the next scan is cut by into parts of one size. One list for each part of
   * this one, in order.
   */
  readonly landmarks: readonly Landmarks[];
}

export type ScanItem = Finding | ScanProblem | Walked | ScanSummary;

/** Counts that others may look at while the scan goes on. */
export type LiveCounts = Counts & MissingCounts;

export function noCounts(): LiveCounts {
  return { scanned: 0, unchanged: 0, bytes: 0, kept: 0, deletesKept: 0, excluded: 0 };
}

/** What a scan is given by the thread that it runs in. */
export interface ScanSurroundings {
  openIndex(): Promise<IndexView>;
  /**
   * Asked after each item: whether the index should be opened again. An old view keeps LMDB from using its space again,
   * and a scan may have to wait for hours for who takes its findings.
   */
  readonly indexIsOld?: () => boolean;
  /** Gets the scan's window of the index when it opens, which may rest while the scan waits. */
  readonly onIndex?: (index: Pick<IndexWindow, 'rest' | 'renew'>) => void;
  readonly listing?: NextPage;
  /** Called before anything is looked at, and before each name that is compared. What it throws ends the scan. */
  readonly beforeStat?: () => void;
  /** Resolves when every other part of the same scan has been walked: nothing is said to be gone before that. */
  readonly allWalked?: () => Promise<void>;
  /** For who wants to look at them meanwhile. */
  readonly counts?: LiveCounts;
}

/**
 * One scan, in the thread that calls it: first what the source has, then, once it has been walked to the end, what it
 * has no more. The last item is the summary; who does not get it must not trust that anything is gone. What the index
 * learns meanwhile may be seen or not: a file and its record are looked at one after the other.
 * @throws SourceMissingError, NamesOutOfOrderError, and what `beforeStat`, the index and the listing throw
 */
export async function* runScan(
  {
    root,
    under,
    range = ALL_NAMES,
    place = WHOLE,
    settings,
    policy,
    location,
    noDeletes,
    mounts,
    beganMs,
    acceptEmpty = false,
  }: ScanRequest,
  {
    openIndex,
    indexIsOld = () => false,
    onIndex = () => {},
    listing,
    beforeStat = () => {},
    allWalked,
    counts = noCounts(),
  }: ScanSurroundings,
): AsyncGenerator<ScanItem, void> {
  if ((under !== '' || range !== ALL_NAMES) && listing !== undefined)
    throw new RangeError('a part of the source cannot be compared with the listing of a container');
  const source = openSource(root);
  const folders = openChangedFolders(beganMs ?? Number.MAX_SAFE_INTEGER);
  const at = startLooking(source, settings, beforeStat, folders.finished);
  const naming = createNaming(settings.symlinks);
  const unseenRanges = openUnseenRanges();
  const landmarks = openLandmarks();
  let complete = true;
  const missingNames: Spill<MissingName> = openSpill(location.folder);
  const onMissing = (missing: MissingName) => {
    beforeStat();
    missingNames.add(missing);
  };
  const index = await openIndexWindow(openIndex, under, range, naming);
  onIndex(index);
  try {
    const sides = {
      source: openSourceSide(walk(at, under, range), naming, landmarks.pass),
      index: index.side,
      listing: listing && (await openListingSide(listing, namesListed(place))),
    };
    for await (const item of compare(sides, policy, onMissing, counts, beforeStat)) {
      if (item.kind === 'problem') {
        unseenRanges.add(item);
        // The settings skip links. That a link hides objects behind it is reported when it keeps such an object.
        if (item.hides !== 'nothing' && item.reason !== 'link-skipped') complete = false;
      }
      // Folders on a border are looked at from both sides.
      if (item.kind !== 'problem' || isInRange(range, item.path)) yield item;
      if (indexIsOld()) await index.renew();
    }
    confirmSource(source);
    const empty = isEmptySource(root, settings.filter.never);
    yield {
      kind: 'walked',
      ...counts,
      device: source.device,
      inode: source.inode,
      empty,
      changed: folders.changed,
    };
    await allWalked?.();

    const descend = openDescent(at);
    const awayFrom = openMountCheck(root, mounts?.known, identifyingOnce());
    const evidence = {
      unseenRanges,
      statAgain(path: RelativePath) {
        const descent = descend(path);
        const found = wouldBeLeftOut(path, descent) ? IGNORED : descent.found;
        confirmSource(source); // a source that went away meanwhile has nothing, and says nothing
        const away =
          found.kind === 'ignored' || found.kind === 'problem' ? undefined : awayFrom(path);
        return away === undefined
          ? found
          : problem(away, 'not-mounted', mounts?.whenAway ?? '', 'path-and-below');
      },
      known: index.get,
      naming,
      noDeletes: empty && !acceptEmpty ? EMPTY : noDeletes,
    };
    for (const item of settleMissing(
      each(missingNames.items(), beforeStat),
      evidence,
      policy,
      counts,
    )) {
      yield item;
      if (indexIsOld()) await index.renew();
    }
    yield* keptProblems(unseenRanges, counts.deletesKept, evidence.noDeletes);
    yield {
      kind: 'finished',
      ...counts,
      complete: complete && counts.deletesKept === 0,
      landmarks: [landmarks.marks()],
    };
  } finally {
    missingNames.close();
    await index.close();
  }
}

function* each<T>(items: Iterable<T>, before: () => void): Generator<T, void> {
  for (const item of items) {
    before();
    yield item;
  }
}

const WHOLE: MirrorPlace = { prefix: '', trashPrefix: OWN_FOLDER };

const EMPTY = 'the source is empty, as it would be if its disk were not mounted';

/** Says which objects were kept for want of evidence, once for each reason. */
function* keptProblems(
  unseenRanges: UnseenRanges,
  deletesKept: number,
  noDeletes: string | undefined,
): Generator<ScanProblem, void> {
  let unexplained = deletesKept;
  for (const [path, kept] of unseenRanges.kept()) {
    unexplained -= kept;
    yield keptProblem(path, kept, 'it cannot be seen whether their files are gone');
  }
  if (unexplained > 0) yield keptProblem('', unexplained, noDeletes ?? 'nothing may be deleted');
}

/** Says that this many objects are kept though their files were not found. */
export function keptProblem(path: RelativePath, objects: number, why: string): ScanProblem {
  const detail = `${objects} ${objects === 1 ? 'object is' : 'objects are'} kept: ${why}`;
  return { kind: 'problem', path, reason: 'delete-withheld', detail, kept: { objects, why } };
}
