import type { Clock } from '../../clock.js';
import { statPathIfAny } from '../../file-stat.js';
import type { LedgerDocument, SourceIdentity } from '../../state/ledger.js';
import type { ObjectName } from '../../state/object-index.js';
import { openBirthTimes } from '../../watcher/birth-time.js';
import { openDescent, wouldBeIgnored } from '../../watcher/descend.js';
import type { RelativePath } from '../../watcher/entry.js';
import { type FolderRules, openFilter } from '../../watcher/filter.js';
import { pathOnDisk, pathsBelow } from '../../watcher/path.js';
import { isEmptySource, openSource } from '../../watcher/source.js';
import { openWalkContext, type WalkContext, type WalkSettings } from '../../watcher/stat-entry.js';
import type { MirrorSettings } from '../mirror-settings.js';
import { createNaming, isFolderName, type Naming } from '../naming.js';
import { reservedNames } from '../reserved-names.js';
import { type InnerMounts, innerMounts, openMountCheck, withNewMounts } from './inner-mounts.js';
import { EXCLUDED, entryIn, NOTHING, type PathState, pathStateOf } from './path-state.js';
import { identifyingOften, identityOf, sameSource, seenAt } from './source-identity.js';

export type { PathState } from './path-state.js';

export interface PathStats {
  stat(path: RelativePath): PathState;
  /** The same for an object's name: an entry is given only if its object has this very name. */
  statPath(name: ObjectName): PathState;
}

/** One mirror's folder, for single stats; scans walk it in their own threads. */
export interface SourceView extends PathStats {
  absolute(path: RelativePath): string;
  /**
   * Stats that share the way down: what is known of the folders above a path (ignore files, links) is not read again for
   * the next one. For sorted paths, and for one turn of the event loop: a change of a folder above is not seen later.
   */
  statsInOrder(): PathStats;
  /** When the file under this name was made, in nanoseconds since the epoch. Undefined: no such file, or nothing to rely on. */
  birthTime(name: ObjectName): bigint | undefined;
  nameOf: Naming['nameOf'];
  pathOf: Naming['pathOf'];
  namesAt: Naming['namesAt'];
  /** Takes the folder that is there now for the mirror's own. Throws SourceMissingError when it is not there. */
  reopen(): void;
  /**
   * Why absence proves nothing: the folder is missing, is not the one that was opened, or holds nothing at all (a disk
   * that is not mounted looks like that). Undefined: a file that is not there is gone. With a path, also that of the
   * file systems inside the source.
   */
  deleteVeto(path?: RelativePath): string | undefined;
  /** The same for many paths of one turn of the event loop: what is true of the whole source is found out once. */
  deleteVetoes(): (path: RelativePath) => string | undefined;
  /** Why this is another folder than the one mirrored so far: then nothing is replaced either. With a path: see deleteVeto. */
  replaced(path?: RelativePath): string | undefined;
  /** The file systems inside the source, with those of now that were not known. */
  mounts(): InnerMounts;
  /** How the folder is known that `reopen` found. */
  asOpened(): SourceIdentity;
  /** What to remember of the source: how it is known now, unless it was replaced. */
  identity(): SourceIdentity;
  /** What the mirror's own patterns exclude; ignore files in the source exclude more. */
  readonly rules: FolderRules;
}

/** Throws nothing yet: `reopen` reads the folder. `remembered` is what the ledger says of the source now. */
export function createSourceView(
  settings: MirrorSettings,
  maxNameBytes: number,
  remembered: () => Pick<LedgerDocument, 'source' | 'mounts' | 'acceptedEmpty'>,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): SourceView {
  const identify = identifyingOften(clock);
  const identifyMount = identifyingOften(clock);
  const walkSettings = walkSettingsOf(settings, maxNameBytes);
  const { nameOf, pathOf, namesAt } = createNaming(settings.symlinks, settings.folders);
  const ifMeant = acceptSourceIfMeant(settings.name);
  let current: Opened | undefined;

  function opened(): Opened {
    current ??= openNow(settings.source, walkSettings);
    return current;
  }

  /**
   * The identity of the folder at the source's path now; undefined when there is none. Device, inode and mount number do
   * not suffice: another disk in the same drive may have all three of the disk before.
   */
  function present(): SourceIdentity | undefined {
    const { realRoot } = opened().walkContext.source;
    const stat = statPathIfAny(settings.source);
    return stat?.isDirectory() ? identify(seenAt(realRoot, stat)) : undefined;
  }

  function statsInOrder(): PathStats {
    const descend = openDescent(opened().walkContext);
    return {
      stat: (path) => pathStateOf(descend(path).found),
      statPath(name) {
        const path = pathOf(name);
        const descent = descend(path);
        const kind = path !== name && isFolderName(name) ? 'folder' : 'file';
        if (wouldBeIgnored(path, kind, descent)) return EXCLUDED;
        return ofName(name, pathStateOf(descent.found), nameOf);
      },
    };
  }

  /** For one turn of the event loop: why the file system of a path is not the one that it was. */
  function openUnmounted(): (path: RelativePath) => string | undefined {
    const check = openMountCheck(settings.source, remembered().mounts, identifyMount, new Map());
    return (path) => {
      const folder = check(path);
      return folder === undefined
        ? undefined
        : `${pathOnDisk(settings.source, folder)}: ${notMounted(ifMeant)}`;
    };
  }

  function replaced(now = present(), path?: RelativePath): string | undefined {
    if (now === undefined) return `${settings.source} is missing; mount or restore it`;
    if (sameSource(remembered().source ?? opened().identity, now))
      return path === undefined ? undefined : openUnmounted()(path);
    return `${settings.source} is not the folder that was mirrored before; mount the right one, or ${ifMeant}`;
  }

  function deleteVeto(path?: RelativePath): string | undefined {
    const now = present();
    if (now !== undefined && !sameSource(now, opened().identity)) {
      return `${settings.source} is not the folder that it was when it was opened`;
    }
    const other = replaced(now, path);
    if (other !== undefined) return other;
    if (remembered().acceptedEmpty === true) return undefined;
    if (!isEmptySource(settings.source, walkSettings.filter.never)) return undefined;
    return `${settings.source} is empty, as it would be if its disk were not mounted; ${ifMeant}`;
  }

  return {
    absolute: (path) => pathOnDisk(settings.source, path),
    stat: (path) => statsInOrder().stat(path),
    statPath: (name) => statsInOrder().statPath(name),
    statsInOrder,
    birthTime: (name) =>
      opened().birthTime(pathOnDisk(opened().walkContext.source.realRoot, pathOf(name))),
    nameOf,
    pathOf,
    namesAt,
    reopen() {
      current = openNow(settings.source, walkSettings);
    },
    deleteVeto,
    deleteVetoes() {
      const ofAll = deleteVeto();
      return ofAll === undefined ? openUnmounted() : () => ofAll;
    },
    replaced: (path) => replaced(present(), path),
    mounts: () => withNewMounts(remembered().mounts, innerMounts(opened().walkContext.source)),
    asOpened: () => opened().identity,
    identity() {
      const { source } = remembered();
      if (source === undefined) return opened().identity;
      const now = present();
      // What cannot be found out at the moment stays known.
      return now !== undefined && sameSource(source, now) ? { ...source, ...now } : source;
    },
    rules: openFilter(walkSettings.filter),
  };
}

/** What is at a path, for the object of one of the names that something there may have. */
function ofName(name: ObjectName, state: PathState, nameOf: Naming['nameOf']): PathState {
  const entry = entryIn(state);
  if (entry !== undefined && nameOf(entry) === name) return { found: 'entry', entry };
  return state.found === 'entry' ? NOTHING : state;
}

/** What to do when something about the source has changed on purpose. */
export function acceptSourceIfMeant(mirror: string): string {
  return `if that is meant, stop the daemon and run: longshore accept-source ${mirror}`;
}

/** Of a folder inside the source. */
export function notMounted(ifMeant: string): string {
  return `the file system that was mounted on this folder is not, or another one is; mount the right one, or ${ifMeant}`;
}

interface Opened {
  readonly walkContext: WalkContext;
  readonly identity: SourceIdentity;
  readonly birthTime: (path: string) => bigint | undefined;
}

function openNow(root: string, walkSettings: WalkSettings): Opened {
  const source = openSource(root);
  return {
    walkContext: openWalkContext(source, walkSettings),
    identity: identityOf(source),
    birthTime: openBirthTimes(),
  };
}

/** How a mirror's source is walked, for single stats and scans alike. */
export function walkSettingsOf(settings: MirrorSettings, maxKeyBytes: number): WalkSettings {
  const { source, prefix, trashPrefix, exclude, include, never, symlinks, folders } = settings;
  return {
    filter: { exclude, include, never: pathsBelow(source, never) },
    symlinks,
    folders,
    maxNameBytes: maxKeyBytes - Buffer.byteLength(prefix),
    oneFileSystem: false,
    reserved: reservedNames({ trashPrefix }).paths,
  };
}
