import { openChangedFolders } from '../../watcher/changed-folders.js';
import { openDescent, wouldBeIgnored } from '../../watcher/descend.js';
import { createExclusionCount, type Exclusions } from '../../watcher/exclusion.js';
import { problem } from '../../watcher/problem.js';
import { confirmSource, isEmptySource, openSource, type Source } from '../../watcher/source.js';
import { IGNORED, openWalkContext, type WalkContext } from '../../watcher/stat-entry.js';
import type { Naming } from '../naming.js';
import { openMountCheck } from '../source/inner-mounts.js';
import { identifyingOnce } from '../source/source-identity.js';
import type { Counts } from './compare.js';
import type { IndexWindow } from './index-window.js';
import type { Evidence } from './missing-names.js';
import type { ScanRequest, Walked } from './scan-items.js';
import type { UnseenRanges } from './unseen-ranges.js';

const EMPTY = 'the source is empty, as it would be if its disk were not mounted';

/** A source that a scan walks. */
export interface WalkedSource {
  readonly source: Source;
  readonly at: WalkContext;
  /** What the walk has met so far and skipped. */
  exclusions(): Exclusions;
  /** @throws SourceMissingError when the source is not the folder any more that was walked */
  walked(counts: Counts): Walked;
}

/** @throws SourceMissingError */
export function openWalkedSource(
  { root, settings, beganMs }: ScanRequest,
  beforeStat: () => void,
): WalkedSource {
  const source = openSource(root);
  const folders = openChangedFolders(beganMs ?? Number.MAX_SAFE_INTEGER);
  const excluded = createExclusionCount();
  return {
    source,
    at: openWalkContext(source, settings, beforeStat, folders.finished, excluded.add),
    exclusions: excluded.counts,
    walked(counts) {
      confirmSource(source);
      const empty = isEmptySource(root, settings.filter.never);
      const { device, inode } = source;
      return { kind: 'walked', ...counts, device, inode, empty, changed: folders.changed };
    },
  };
}

/** What the walk has left behind. */
interface Surveyed {
  readonly unseenRanges: UnseenRanges;
  readonly naming: Naming;
  readonly index: IndexWindow | undefined;
  readonly isInventory: boolean;
}

/** What is known of a name that the walk did not find; `known` reads the index. */
export function evidenceOf(
  { root, mounts, acceptEmpty = false, noDeletes }: ScanRequest,
  { source, at }: WalkedSource,
  { empty }: Walked,
  { unseenRanges, naming, index, isInventory }: Surveyed,
): Evidence {
  const descend = openDescent(at);
  const awayFrom = openMountCheck(root, mounts?.known, identifyingOnce());
  return {
    unseenRanges,
    statAgain(path, kind) {
      const descent = descend(path);
      const found = wouldBeIgnored(path, kind, descent) ? IGNORED : descent.found;
      confirmSource(source); // a source that went away meanwhile has nothing, and says nothing
      const away =
        found.kind === 'ignored' || found.kind === 'problem' ? undefined : awayFrom(path);
      return away === undefined
        ? found
        : problem(away, 'not-mounted', mounts?.whenNotMounted ?? '', 'path-and-below');
    },
    known: (name) => index?.get(name),
    naming,
    isInventory,
    noDeletes: empty && !acceptEmpty ? EMPTY : noDeletes,
  };
}
