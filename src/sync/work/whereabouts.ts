import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { RelativePath } from '../../watcher/entry.js';
import { compareDigests, digestsOf } from '../digests.js';
import type { ScansDue } from '../scan/scans-due.js';
import type { PathStats, SourceView } from '../source/source-view.js';
import type { Pending } from './pending.js';
import { createSightings } from './sightings.js';

/**
 * Where the file of an object is now, when the object's own name does not have it any more.
 *
 * The rule of all renames: an object whose file lives on under another name of this mirror is neither deleted nor
 * overwritten before the object under that name is confirmed, whichever hint or scan found the two names. A reader of the
 * container then finds the content under one name or the other at any moment, and a kill at any moment loses neither.
 *
 * A file is known by its inode. Four places say which names an inode has: the index, the names that jobs see to, the names
 * that could not be mirrored, and the watcher for what has not settled yet. Each such name is looked at on the disk.
 *
 * | the file of the object is          | a delete of the object            | an overwrite by another file          |
 * | ---------------------------------- | --------------------------------- | ------------------------------------- |
 * | under a name that is confirmed     | passes; if the content is equal,  | passes                                |
 * |                                    | neither guard nor trash ask for it|                                       |
 * | under a name that jobs see to      | waits for that name               | waits for that name; once an attempt  |
 * |                                    |                                   | has failed, OVERWRITE_PATIENCE_MS     |
 * | the same, and that name waits for  | passes: a store of files cannot   | passes: two files have swapped their  |
 * | this one                           | hold both `a` and `a/b`           | names; a copy is set aside first      |
 * | under a name that cannot be        | does not happen: the object stays | passes: the living file counts for    |
 * | mirrored (unreadable, too large,   | and is reported, until that name  | more; the trash keeps the old content |
 * | refused, held by the guard, ...)   | is confirmed or its file is gone  | where there is one                    |
 * | not seen, while scans are due that | waits for these scans             | waits for these scans, but at most    |
 * | may find it (of folders without a  |                                   | OVERWRITE_PATIENCE_MS                 |
 * | watch, they always are)            |                                   |                                       |
 * | not seen, and no scan is due       | passes: the file was deleted, has | passes                                |
 * |                                    | left the source, or is excluded   |                                       |
 *
 * A walk that finds names missing, and a folder that changed since it began, walks once more for the files' new names before
 * any delete (mirror/second-walk.ts): a one-shot run gets no event of a file that moved to where the walk had been already.
 *
 * What waits (waiting-jobs.ts) holds no slot of the queue and is in memory only: a program that stops deletes nothing that
 * waits, and the scan at the next start finds both names. A new file may get the inode number of a deleted one. Where the file
 * system says when a file was made, one that was made after the record is another file; elsewhere this looks like a rename:
 * the delete then waits for the new file, or is reported while that one cannot be mirrored.
 */
export interface Whereabouts {
  /** A file was seen under this name, and a job sees to it. */
  sighted(name: ObjectName, inode: bigint): void;
  /** The file under this name is not mirrored, and why: until `ended` finds it confirmed or gone. */
  notMirrored(name: ObjectName, why: string): void;
  /** No object can have this name, and why; there is a file: until the next survey. A name that is not UTF-8 is printable here. */
  unnameable(name: string, inode: bigint, why: string): void;
  /** The first attempt for this name has failed: no overwrite waits for it without end any more. */
  delayed(name: ObjectName): void;
  /** No job sees to this name any more. Returns the names whose deletes were withheld for its sake, if that is over. */
  ended(name: ObjectName): readonly ObjectName[];
  /**
   * Where the file of this object is now. `asOfMs`, `run`: see ScansDue.isDue. `stats`: of a caller that asks about many names in
   * one turn of the event loop, so that the folders above them are not looked at for each.
   */
  find(
    name: ObjectName,
    record: ObjectRecord,
    asOfMs: number,
    run?: number,
    stats?: NameStats,
  ): Whereabout;
  /** The delete under `name` is withheld for the sake of the file under `other`. True: `ended` of that one gives it back. */
  keep(name: ObjectName, other: ObjectName): boolean;
  /** Whether a first attempt for this name is still to come or under way. */
  isFirstAttempt(name: ObjectName): boolean;
  /** Whether the file of this inode was seen under this name, and is seen to or cannot be mirrored. */
  isSighted(name: ObjectName, inode: bigint): boolean;
  /** Whether the file under this name has this inode, and is not mirrored there yet. */
  isUnmirrored(name: ObjectName, inode: bigint): boolean;
  /** A scan of everything begins: it sights all names again that are not mirrored. */
  beginSurvey(): void;
  /** Paths under which a watcher has seen an inode to appear, and which it has not given out yet. Returns what takes this back. */
  attend(appeared: (inode: bigint) => Iterable<RelativePath>): () => void;
}

type NameStats = Pick<PathStats, 'statPath'>;

export type Whereabout =
  | { readonly state: 'confirmed'; readonly name: ObjectName; readonly sameContent: boolean }
  /** `settling`: a watcher will give the name out. */
  | { readonly state: 'pending'; readonly name: ObjectName; readonly settling: boolean }
  | { readonly state: 'not-mirrored'; readonly name: ObjectName; readonly why: string }
  | { readonly state: 'unseen' | 'nowhere' };

/** So long an overwrite waits for what is not sure to come: scans that may find the old file, another attempt. Milliseconds. */
export const OVERWRITE_PATIENCE_MS = 30_000;

const TOO_MANY =
  'more files cannot be mirrored than are kept in mind, and its own may be one of them';

export interface WhereaboutsOptions {
  readonly index: Pick<ObjectIndex, 'get' | 'namesOfInode'>;
  readonly source: Pick<SourceView, 'statPath' | 'namesAt' | 'birthTime'>;
  readonly pending: Pick<Pending, 'has'>;
  readonly scansDue: Pick<ScansDue, 'isDue'>;
}

export function createWhereabouts({
  index,
  source,
  pending,
  scansDue,
}: WhereaboutsOptions): Whereabouts {
  const sightings = createSightings();
  let appeared: ((inode: bigint) => Iterable<RelativePath>) | undefined;

  function isThere(
    name: ObjectName,
    record: Pick<ObjectRecord, 'inode' | 'kind' | 'ctimeNs' | 'hashedAtMs'>,
    stats: NameStats,
  ): boolean {
    const { inode, kind } = record;
    const state = stats.statPath(name);
    if (state.found === 'entry') {
      if (state.entry.inode !== inode || state.entry.kind !== kind) return false;
      return !isYounger(source.birthTime(name), record);
    }
    // A printable name leads nowhere: what the scan has seen under it counts.
    return (
      sightings.isUnnameable(name) &&
      (state.found !== 'unknown' || state.inode === undefined || state.inode === inode)
    );
  }

  function* candidates(
    inode: bigint,
  ): Generator<readonly [name: ObjectName, settling: boolean], void> {
    for (const name of index.namesOfInode(inode)) yield [name, false];
    for (const name of sightings.namesOf(inode)) yield [name, false];
    for (const path of appeared?.(inode) ?? [])
      for (const name of source.namesAt(path)) yield [name, true];
  }

  function findSeen(name: ObjectName, record: ObjectRecord, stats: NameStats): Whereabout {
    let found: Whereabout = { state: 'nowhere' };
    for (const [other, settling] of candidates(record.inode)) {
      if (other === name || !isThere(other, record, stats)) continue;
      const now = index.get(other);
      if (now?.state === 'confirmed' && now.inode === record.inode) {
        return {
          state: 'confirmed',
          name: other,
          sameContent:
            compareDigests(digestsOf(now), digestsOf(record)) === true && now.size === record.size,
        };
      }
      const why = pending.has(other) || settling ? undefined : sightings.whyNot(other);
      if (why === undefined) found = { state: 'pending', name: other, settling };
      else if (found.state === 'nowhere') found = { state: 'not-mirrored', name: other, why };
    }
    return found;
  }

  return {
    sighted: sightings.add,
    unnameable: (name, inode, why) => sightings.refuse(name, inode, why, true),
    delayed: sightings.delay,
    // Of a name that no object can have, only a scan finds that its file is gone.
    keep: (name, other) => sightings.keep(name, other) && !sightings.isUnnameable(other),
    isFirstAttempt: (name) => !sightings.isDelayed(name),
    beginSurvey: sightings.beginSurvey,
    isSighted: (name, inode) => sightings.namesOf(inode).includes(name),
    isUnmirrored(name, inode) {
      if (isRecorded(name, inode)) return false;
      const state = source.statPath(name);
      return state.found === 'unknown' || (state.found === 'entry' && state.entry.inode === inode);
    },
    notMirrored(name, why) {
      const state = source.statPath(name);
      if (state.found === 'entry') sightings.refuse(name, state.entry.inode, why);
    },
    ended(name) {
      const refused = sightings.whyNot(name) !== undefined;
      const state = refused ? source.statPath(name) : undefined;
      if (refused && state?.found === 'entry' && !isRecorded(name, state.entry.inode)) return [];
      return sightings.remove(name);
    },
    find(name, record, asOfMs, run, stats = source) {
      const found = findSeen(name, record, stats);
      if (found.state !== 'nowhere') return found;
      if (scansDue.isDue(asOfMs, run)) return { state: 'unseen' };
      return sightings.overflowed ? { state: 'not-mirrored', name: '', why: TOO_MANY } : found;
    },
    attend(watched) {
      appeared = watched;
      return () => {
        if (appeared === watched) appeared = undefined;
      };
    },
  };

  function isRecorded(name: ObjectName, inode: bigint): boolean {
    const record = index.get(name);
    return record?.state === 'confirmed' && record.inode === inode;
  }
}

/** Whether a file was made after another one was recorded: it is not that file, whatever its inode. */
function isYounger(
  birthTimeNs: bigint | undefined,
  { ctimeNs, hashedAtMs }: Pick<ObjectRecord, 'ctimeNs' | 'hashedAtMs'>,
): boolean {
  if (birthTimeNs === undefined) return false;
  return birthTimeNs > ctimeNs && birthTimeNs > BigInt(Math.ceil(hashedAtMs)) * 1_000_000n;
}
