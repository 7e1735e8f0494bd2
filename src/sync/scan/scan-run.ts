import type { IndexView } from '../../state/object-index.js';
import { NOTHING_EXCLUDED } from '../../watcher/exclusion.js';
import { ALL_NAMES, isInRange } from '../../watcher/name-range.js';
import { walk } from '../../watcher/walk.js';
import { createNaming } from '../naming.js';
import { type MirrorPrefixes, namesListed, OWN_FOLDER } from '../reserved-names.js';
import { SCAN } from '../run.js';
import { compare, type MissingName } from './compare.js';
import { type IndexWindow, openIndexWindow } from './index-window.js';
import { openLandmarks } from './landmarks.js';
import { settleMissing } from './missing-names.js';
import type { NextPage } from './remote-page.js';
import {
  keptProblem,
  type LiveCounts,
  noCounts,
  type ScanItem,
  type ScanProblem,
  type ScanRequest,
} from './scan-items.js';
import { openListingSide, openSourceSide } from './sides.js';
import { openSpill, type Spill } from './spill.js';
import { openUnseenRanges, type UnseenRanges } from './unseen-ranges.js';
import { evidenceOf, openWalkedSource } from './walked-source.js';

/** What a scan is given by the thread that it runs in. */
export interface ScanSurroundings {
  openIndex(): Promise<IndexView>;
  /**
   * Asked after each item: whether the index should be opened again. An old view keeps LMDB from using its space again,
   * and a scan may have to wait for hours until its findings are taken.
   */
  readonly indexIsOld?: () => boolean;
  /** Gets the scan's window of the index when it opens, which may rest while the scan waits. */
  readonly onIndex?: (index: Pick<IndexWindow, 'rest' | 'renew'>) => void;
  readonly listing?: NextPage;
  /** Called before anything is looked at, and before each name that is compared. What it throws ends the scan. */
  readonly beforeStat?: () => void;
  /** Resolves when every other part of the same scan has been walked: nothing is said to be gone before that. */
  readonly allWalked?: () => Promise<void>;
  /** Counted while the scan goes on, for progress. */
  readonly counts?: LiveCounts;
}

/**
 * One scan, in the thread that calls it: first what the sides have, then, once the source has been walked to the end, what
 * it has no more. The last item is the summary; a caller that does not get it must not trust that anything is gone. What the index
 * learns meanwhile may be seen or not: a file and its record are looked at one after the other.
 * @throws SourceMissingError, NamesOutOfOrderError, and what `beforeStat`, the index and the listing throw
 */
export async function* runScan(
  request: ScanRequest,
  surroundings: ScanSurroundings,
): AsyncGenerator<ScanItem, void> {
  const { under, range = ALL_NAMES, remoteRoot = WHOLE, sides = SCAN.sides, location } = request;
  const { openIndex, onIndex = () => {}, listing, counts = noCounts() } = surroundings;
  const { indexIsOld = () => false, beforeStat = () => {} } = surroundings;
  if ((under !== '' || range !== ALL_NAMES) && listing !== undefined)
    throw new RangeError('a part of the source cannot be compared with the listing of a container');
  const { symlinks, folders } = request.settings;
  const isInventory = request.isInventory === true && listing !== undefined;
  const naming = createNaming(symlinks, folders);
  const unseenRanges = openUnseenRanges();
  const landmarks = openLandmarks();
  let complete = true;
  const source = sides.source ? openWalkedSource(request, beforeStat) : undefined;
  const missingNames: Spill<MissingName> = openSpill(location.folder);
  const onMissing = (missing: MissingName) => {
    beforeStat();
    missingNames.add(missing);
  };
  const index = sides.index ? await openIndexWindow(openIndex, under, range, naming) : undefined;
  if (index !== undefined) onIndex(index);
  try {
    const compared = {
      source: source && openSourceSide(walk(source.at, under, range), naming, landmarks.pass),
      index: index?.side,
      listing: listing && (await openListingSide(listing, namesListed(remoteRoot))),
      isInventory,
    };
    for await (const item of compare(compared, request.policy, onMissing, counts, beforeStat)) {
      if (item.kind === 'problem') {
        unseenRanges.add(item);
        // The settings skip links. That a link hides objects behind it is reported when it keeps such an object.
        if (item.hides !== 'nothing' && item.reason !== 'link-skipped') complete = false;
      }
      // Folders on a border are looked at from both sides.
      if (item.kind !== 'problem' || isInRange(range, item.path)) yield item;
      if (indexIsOld()) await index?.renew();
    }
    if (source !== undefined) {
      const walked = source.walked(counts);
      yield walked;
      await surroundings.allWalked?.();
      const surveyed = { unseenRanges, naming, index, isInventory };
      const evidence = evidenceOf(request, source, walked, surveyed);
      const missing = each(missingNames.items(), beforeStat);
      for (const item of settleMissing(missing, evidence, request.policy, counts)) {
        yield item;
        if (indexIsOld()) await index?.renew();
      }
      yield* keptProblems(unseenRanges, counts.deletesKept, evidence.noDeletes);
    }
    yield {
      kind: 'finished',
      ...counts,
      complete: complete && counts.deletesKept === 0,
      landmarks: [landmarks.marks()],
      exclusions: source?.exclusions() ?? NOTHING_EXCLUDED,
    };
  } finally {
    missingNames.close();
    await index?.close();
  }
}

function* each<T>(items: Iterable<T>, before: () => void): Generator<T, void> {
  for (const item of items) {
    before();
    yield item;
  }
}

const WHOLE: MirrorPrefixes = { prefix: '', trashPrefix: OWN_FOLDER };

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
