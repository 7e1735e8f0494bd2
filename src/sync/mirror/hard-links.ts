import type { Clock } from '../../clock.js';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry, RelativePath } from '../../watcher/entry.js';
import { momentNow, type Since } from '../moment.js';
import type { PathState, SourceView } from '../source/source-view.js';
import { type HintedPath, statHint, statHinted } from './hinted-paths.js';
import type { HintBatches, Intake } from './intake.js';

export interface LinkedIntake extends Pick<Intake, 'enqueue' | 'seeTo'> {
  /**
   * Stats these paths, and makes jobs of what is there and what is missing; see Intake.takeAll. `since`: when a change of each
   * path was first seen, in the order of `paths`; default: now. `batches`: see Intake.takeAll.
   */
  hints(
    paths: readonly RelativePath[],
    since?: readonly Since[],
    batches?: HintBatches,
  ): Promise<readonly RelativePath[]>;
  /** Stats what is, was or lies below this path. `since`: when its change was first seen; default: now. */
  hint(path: RelativePath, since?: Since): Promise<void>;
  /**
   * Hints the other names of this file, where its change concerns them: for a scan that does not come by them.
   * Resolves as the others do.
   */
  linked(name: ObjectName, entry: LocalEntry, since: Since): Promise<void>;
}

/**
 * An event names one path of a file with several (hard links), and its content has changed under all of them. With each
 * path that is hinted, the other names that the state has of its inode are hinted.
 */
export function withHardLinks(
  intake: Intake,
  index: Pick<ObjectIndex, 'get' | 'namesOfInode'>,
  source: Pick<SourceView, 'stat' | 'statsInOrder' | 'statPath' | 'namesAt' | 'pathOf'>,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): LinkedIntake {
  const open = () => openHardLinks(index, (name) => entryOf(source.statPath(name)));

  function linkedAt({ path, state }: HintedPath, links: HardLinks): readonly ObjectName[] {
    if (state.found === 'excluded' || state.found === 'unknown') return [];
    return source.namesAt(path).flatMap((name) => links.otherNames(name, entryOf(state)));
  }

  async function takeEach(names: Iterable<readonly [ObjectName, Since]>): Promise<void> {
    for (const [name, since] of names)
      await intake.takeOne(statHint(source, source.pathOf(name), since));
  }

  return {
    enqueue: intake.enqueue,
    seeTo: intake.seeTo,
    async hints(paths, since = [], batches = undefined) {
      const now = momentNow(clock);
      const changes = paths.map((path, at) => {
        const { [at]: first = now } = since;
        return [path, first] as const;
      });
      const hinted = statHinted(source, changes);
      // Before the jobs of the paths themselves change their records.
      const links = open();
      const linked = new Map<ObjectName, Since>();
      for (const each of hinted)
        for (const name of linkedAt(each, links)) linked.set(name, each.since);
      const gone = await intake.takeAll(hinted, batches);
      await takeEach(linked);
      return gone;
    },
    async hint(path, since = momentNow(clock)) {
      const hinted = statHint(source, path, since);
      const linked = linkedAt(hinted, open());
      await intake.takeOne(hinted);
      await takeEach(linked.map((name) => [name, since] as const));
    },
    linked: (name, entry, since) =>
      takeEach(
        open()
          .otherNames(name, entry)
          .map((other) => [other, since] as const),
      ),
  };
}

interface HardLinks {
  /**
   * Other names under which the file at `name` was recorded, and whose objects may be old now. `entry`: what is at the name;
   * undefined: nothing is there any more.
   */
  otherNames(name: ObjectName, entry: LocalEntry | undefined): readonly ObjectName[];
}

/** For the hints of one moment: each inode is looked up once, however many of its names are hinted. */
function openHardLinks(
  index: Pick<ObjectIndex, 'get' | 'namesOfInode'>,
  entryAt: (name: ObjectName) => LocalEntry | undefined,
): HardLinks {
  const seen = new Set<bigint>();

  function linkedTo(name: ObjectName, inode: bigint): readonly ObjectName[] {
    return index.namesOfInode(inode).filter((other) => other !== name);
  }

  return {
    otherNames(name, entry) {
      const known = index.get(name);
      // A name that came or went says nothing of the content, but that it may have been written before: to read it under
      // all other names, as a scan does, would cost more than the change.
      if (entry === undefined) {
        return known === undefined
          ? []
          : linkedTo(name, known.inode).filter((other) =>
              differs(index.get(other), entryAt(other)),
            );
      }
      if (entry.links === undefined || seen.has(entry.inode)) return [];
      if (known?.inode !== entry.inode)
        return linkedTo(name, entry.inode).filter((other) => differs(index.get(other), entry));
      seen.add(entry.inode);
      return linkedTo(name, entry.inode);
    },
  };
}

function differs(record: ObjectRecord | undefined, entry: LocalEntry | undefined): boolean {
  return entry !== undefined && (record?.size !== entry.size || record.mtimeNs !== entry.mtimeNs);
}

function entryOf(state: PathState): LocalEntry | undefined {
  return state.found === 'entry' ? state.entry : undefined;
}
