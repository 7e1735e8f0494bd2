import type { MirrorConfig } from '../config/config.js';
import { lstatPathIfAny } from '../file-stat.js';
import type { ObjectIndex, ObjectName, ObjectRecord } from '../state/object-index.js';
import { createNaming, isFolderName } from '../sync/naming.js';
import { recordsInSlices } from '../sync/records-in-slices.js';
import { openFilter } from '../watcher/filter.js';
import { foldersAbove, pathOnDisk } from '../watcher/path.js';
import type { Affected, Risk } from './risk.js';

/** A running mirror, as far as a change of its settings may destroy something of it. */
export interface ExposedMirror {
  readonly index: Pick<ObjectIndex, 'entries' | 'count'>;
  /** Changes that wait for a person. */
  readonly held: number;
  /** Whether the folder at this path is the one that is mirrored now. */
  isSource(path: string): boolean;
}

/** The settings of the mirror before and after; `after` is undefined for one that is removed. */
export interface MirrorSettingsPair {
  readonly before: MirrorConfig;
  readonly after: MirrorConfig | undefined;
}

/** Names that are given as examples. */
const MOST_NAMES = 10;

/** What becomes of the objects of a mirror because of a risk. Empty: it concerns none. Reads the index in slices, and the disk. */
export async function affectedBy(
  { mirror, setting, kind }: Risk,
  { before, after = before }: MirrorSettingsPair,
  { index, held, isSource }: ExposedMirror,
): Promise<readonly Affected[]> {
  const all = index.count();
  const found = (
    becomes: Affected['becomes'],
    objects: number | null,
    why: string,
    names: readonly string[] = [],
  ): readonly Affected[] =>
    all === 0 || objects === 0 ? [] : [{ mirror, setting, becomes, objects, names, why }];

  switch (kind) {
    case 'removed':
      return found('left', all, 'the mirror is not in the configuration any more');
    case 'place':
      return found('left', all, 'the mirror goes elsewhere: its files are sent there');
    case 'source':
      if (isSource(after.source)) return [];
      return found('held', all, `another folder is mirrored: ${after.source}`);
    case 'filter': {
      const { left, deleted } = await comparePatterns(index, before, after);
      return [
        ...found('left', left.count, 'patterns exclude them from now on', left.names),
        ...found(
          'deleted',
          deleted.count,
          'no pattern excludes them any more, and their files are gone',
          deleted.names,
        ),
      ];
    }
    case 'kept':
      return found('deleted', null, 'objects whose files are gone were kept until now');
    case 'extraneous':
      return found('deleted', null, 'objects without a file that longshore did not put there');
    case 'links':
      return found('deleted', null, 'objects of symbolic links, or of what is behind them');
    case 'folders': {
      const folders = await count(index, (_, record) => record.kind === 'folder');
      return found('deleted', folders.count, 'objects of folders', folders.names);
    }
    case 'trash':
      return found('deleted', null, trashText(before, after));
    case 'guard':
      return found('deleted', held, 'changes that are held may pass the new limits');
    case 'overwrite':
      return found(
        'replaced',
        null,
        'objects that differ from their files were left alone until now',
      );
  }
}

function trashText(before: MirrorConfig, after: MirrorConfig): string {
  if (after.deletes === 'mirror') return 'what is deleted from now on is in no trash';
  return before.trashPrefix === after.trashPrefix
    ? 'objects that have been in the trash for longer'
    : `what the trash has stays below ${before.trashPrefix}, and counts as extraneous there`;
}

interface Counted {
  readonly count: number;
  readonly names: readonly string[];
}

async function count(
  index: ExposedMirror['index'],
  isOne: (name: ObjectName, record: ObjectRecord) => boolean,
): Promise<Counted> {
  const names: string[] = [];
  let found = 0;
  for await (const slice of recordsInSlices(index))
    for (const [name, record] of slice) {
      if (!isOne(name, record)) continue;
      found += 1;
      if (names.length < MOST_NAMES) names.push(name);
    }
  return { count: found, names };
}

/**
 * The patterns of the configuration alone: an ignore file in the source may take a name back. Objects of excluded names are
 * neither replaced nor deleted.
 */
async function comparePatterns(
  index: ExposedMirror['index'],
  before: MirrorConfig,
  after: MirrorConfig,
): Promise<{ readonly left: Counted; readonly deleted: Counted }> {
  const { pathOf } = createNaming(before.symlinks, before.folders);
  const [was, is] = [excluding(before), excluding(after)];
  const isGone = (path: string) => isMissing(pathOnDisk(before.source, path));
  const left = await count(index, (name) => {
    const path = pathOf(name);
    const isFolder = path !== name && isFolderName(name);
    return !was(path, isFolder) && is(path, isFolder);
  });
  const deleted = await count(index, (name) => {
    const path = pathOf(name);
    const isFolder = path !== name && isFolderName(name);
    return was(path, isFolder) && !is(path, isFolder) && isGone(path);
  });
  return { left, deleted };
}

/** False where it cannot be found out: nothing is deleted then. */
function isMissing(path: string): boolean {
  try {
    return lstatPathIfAny(path) === undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR'; // a file is where a folder above it was
  }
}

function excluding({
  exclude,
  include,
}: MirrorConfig): (path: string, isFolder: boolean) => boolean {
  const rules = openFilter({ exclude, include, never: [] });
  return (path, isFolder) =>
    [...foldersAbove(path)].some((folder) => rules.ignoresDirectory(folder)) ||
    (isFolder ? rules.ignoresDirectory(path) : rules.ignoresFile(path));
}
