import { type BigIntStats, constants, existsSync, readlinkSync, realpathSync } from 'node:fs';
import { lstatPathIfAny, statPath } from '../file-stat.js';
import type { LocalEntry, RelativePath } from './entry.js';
import type { Exclusion } from './exclusion.js';
import type { FilterSettings, FolderRules } from './filter.js';
import { followLink, LINK_SUFFIX, type LinkMode } from './links.js';
import { pathOnDisk } from './path.js';
import { errorCode, explain, isAbsence, problem, refusal, type WalkProblem } from './problem.js';
import type { Source } from './source.js';

/** `keep`: a folder is an object of its own, without content, whose name ends in `/`. */
export type FolderMode = 'skip' | 'keep';

export interface WalkSettings {
  readonly filter: FilterSettings;
  readonly symlinks: LinkMode;
  /** `keep`: a folder below the source is an entry of its own, too. */
  readonly folders: FolderMode;
  /** Bytes that an object's name below the mirror's prefix may have. */
  readonly maxNameBytes: number;
  /** True: skips folders on another device than the source's. */
  readonly oneFileSystem: boolean;
  /** Paths whose object names, and all below them, belong to longshore itself. */
  readonly reserved: readonly RelativePath[];
}

/** A source and how it is walked. */
export interface WalkContext extends WalkSettings {
  readonly source: Source;
  /** Called before each stat. Its error ends the walk. */
  readonly beforeStat: () => void;
  /** Called with each folder of a walk after its names were processed. */
  readonly folderDone: (stat: BigIntStats) => void;
  /** Called for each entry of a walk that rules exclude; for a folder once, and not for what is in it. */
  readonly excluded: (exclusion: Exclusion) => void;
  /** `device:inode` of the folders that no path, bind mount or link may lead into. */
  readonly never: ReadonlySet<string>;
  /** The same folders without symbolic links. */
  readonly neverReal: readonly string[];
}

export interface Directory {
  readonly kind: 'directory';
  readonly path: RelativePath;
  readonly device: bigint;
  readonly inode: bigint;
  /** What becomes an object of its own, where the mirror keeps folders. Never of the source itself. */
  readonly entry?: LocalEntry;
}

/** What is at a path. `ignored`: something that the rules exclude. */
export type Found =
  | LocalEntry
  | Directory
  | WalkProblem
  | { readonly kind: 'absent' }
  | { readonly kind: 'ignored'; readonly isFolder: boolean };

export const ABSENT: Found = { kind: 'absent' };
export const IGNORED: Found = { kind: 'ignored', isFolder: false };
const IGNORED_FOLDER: Found = { kind: 'ignored', isFolder: true };

export function openWalkContext(
  source: Source,
  settings: WalkSettings,
  beforeStat: () => void = () => {},
  folderDone: (stat: BigIntStats) => void = () => {},
  excluded: (exclusion: Exclusion) => void = () => {},
): WalkContext {
  const folders = settings.filter.never
    .map((path) => pathOnDisk(source.root, path))
    .filter((folder) => existsSync(folder));
  const identities = folders
    .map((folder) => statPath(folder))
    .map(({ dev, ino }) => `${dev}:${ino}`);
  const neverReal = folders.map((folder) => realpathSync(folder));
  const never = new Set(identities);
  return { ...settings, source, beforeStat, folderDone, excluded, never, neverReal };
}

/** The folder itself may be listed but not searched, so that a stat of its entries fails. */
export class SearchDenied extends Error {
  override readonly name = 'SearchDenied';
}

/**
 * Stats one entry without opening it. `rules` are those inside the folder that holds it, `above` the folders from the
 * source down to that one. An error becomes a problem in the answer.
 * @throws SearchDenied since that is the same for everything in the folder
 */
export function statEntry(
  at: WalkContext,
  path: RelativePath,
  rules: FolderRules,
  above: readonly Directory[],
): Found {
  at.beforeStat();
  const onDisk = pathOnDisk(at.source.root, path);
  try {
    const stat = lstatPathIfAny(onDisk);
    if (stat === undefined) return ABSENT;
    const type = Number(stat.mode) & constants.S_IFMT;
    if (type === constants.S_IFDIR) return directoryAt(at, path, stat, rules);
    if (rules.ignoresFile(path)) return IGNORED;
    if (at.reserved.includes(path))
      return reservedAt(path, type === constants.S_IFREG ? stat.ino : undefined);
    if (type === constants.S_IFREG) return fileAt(at, path, stat);
    if (type === constants.S_IFLNK) return linkAt(at, path, onDisk, stat, rules, above);
    return specialAt(path, type);
  } catch (error) {
    if (isAbsence(error)) return ABSENT;
    if (errorCode(error) === 'EACCES') throw new SearchDenied(explain(error), { cause: error });
    return refusal(path, error);
  }
}

function directoryAt(
  at: WalkContext,
  path: RelativePath,
  stat: BigIntStats,
  rules: FolderRules,
): Found {
  const { dev, ino } = stat;
  if (rules.ignoresDirectory(path)) return IGNORED_FOLDER;
  if (at.never.size > 0 && at.never.has(`${dev}:${ino}`)) return IGNORED_FOLDER;
  if (at.reserved.includes(path)) return reservedAt(path);
  if (at.oneFileSystem && dev !== at.source.device) {
    return problem(
      path,
      'other-file-system',
      'lies on another file system than the source',
      'path-and-below',
    );
  }
  const directory = { kind: 'directory', path, device: dev, inode: ino } as const;
  if (at.folders === 'skip') return directory;
  const entry = entryAt(at, path, 'folder', stat);
  return entry.kind === 'problem' ? entry : { ...directory, entry };
}

/** Bytes that an object's name has after the path of what it is made of. */
const SUFFIX_BYTES = { file: 0, symlink: LINK_SUFFIX.length, folder: 1 } as const;

function entryAt(
  at: WalkContext,
  path: RelativePath,
  kind: LocalEntry['kind'],
  stat: BigIntStats,
): LocalEntry | WalkProblem {
  const suffix = SUFFIX_BYTES[kind];
  // No UTF-16 unit becomes more than three bytes, so that most names need not be counted.
  if (path.length * 3 + suffix > at.maxNameBytes) {
    const bytes = Buffer.byteLength(path) + suffix;
    if (bytes > at.maxNameBytes) {
      const detail = `its object name would have ${bytes} bytes, and the target takes ${at.maxNameBytes} here; shorten its name or its folders'`;
      return problem(path, 'name-too-long', detail, 'path-and-below', stat.ino);
    }
  }
  const entry: LocalEntry = {
    path,
    kind,
    size: kind === 'folder' ? 0 : Number(stat.size),
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    inode: stat.ino,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
  };
  if (stat.nlink > 1n && kind !== 'folder')
    return Object.assign(entry, { links: Number(stat.nlink) });
  return entry;
}

function linkAt(
  at: WalkContext,
  path: RelativePath,
  onDisk: string,
  stat: BigIntStats,
  rules: FolderRules,
  above: readonly Directory[],
): Found {
  if (at.symlinks === 'skip') {
    return problem(
      path,
      'link-skipped',
      'is a symbolic link, and this mirror skips those (`symlinks: skip`)',
      'below',
    );
  }
  if (at.symlinks === 'preserve') return preservedLink(at, path, onDisk, stat);
  const target = followLink(path, onDisk, at.source.realRoot, at.neverReal);
  if ('kind' in target) return target;
  const type = Number(target.mode) & constants.S_IFMT;
  if (type === constants.S_IFREG) return entryAt(at, path, 'file', target);
  if (type !== constants.S_IFDIR) return specialAt(path, type);
  if (above.some(({ device, inode }) => device === target.dev && inode === target.ino)) {
    return problem(
      path,
      'link-loop',
      'is a symbolic link to a folder that it lies in',
      'path-and-below',
    );
  }
  return directoryAt(at, path, target, rules);
}

/** @throws as readlink does */
function preservedLink(
  at: WalkContext,
  path: RelativePath,
  onDisk: string,
  stat: BigIntStats,
): Found {
  const entry = entryAt(at, path, 'symlink', stat);
  return entry.kind === 'problem'
    ? entry
    : { ...entry, size: readlinkSync(onDisk, 'buffer').length };
}

function fileAt(at: WalkContext, path: RelativePath, stat: BigIntStats): Found {
  if (at.symlinks === 'preserve' && path.endsWith(LINK_SUFFIX)) {
    const detail = `its name is that of a link's object (${LINK_SUFFIX}), and restoring it would make a link (\`symlinks: preserve\`); rename it`;
    return problem(path, 'name-clash', detail, 'path-and-below', stat.ino);
  }
  return entryAt(at, path, 'file', stat);
}

function reservedAt(path: RelativePath, inode?: bigint): WalkProblem {
  const detail =
    'in the container this name is kept for what longshore itself writes there; rename it, or exclude it';
  return problem(path, 'name-refused', detail, 'path-and-below', inode);
}

function specialAt(path: RelativePath, type: number): WalkProblem {
  return problem(
    path,
    'special-file',
    `is a ${SPECIAL.get(type) ?? 'special file'}, which has no content to mirror`,
    'nothing',
  );
}

const SPECIAL: ReadonlyMap<number, string> = new Map([
  [constants.S_IFIFO, 'named pipe'],
  [constants.S_IFSOCK, 'socket'],
  [constants.S_IFBLK, 'block device'],
  [constants.S_IFCHR, 'character device'],
]);
