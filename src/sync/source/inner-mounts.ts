import type { BigIntStats } from 'node:fs';
import { statPathIfAny } from '../../file-stat.js';
import type { SourceIdentity } from '../../state/ledger.js';
import type { RelativePath } from '../../watcher/entry.js';
import { type Mount, readMounts } from '../../watcher/network-file-system.js';
import { foldersAbove, pathOnDisk } from '../../watcher/path.js';
import type { Source } from '../../watcher/source.js';
import { identityOf, sameSource, seenAt } from './source-identity.js';

/** The file systems that are mounted inside a source, by the folders that they are mounted on. */
export type InnerMounts = Readonly<Record<RelativePath, SourceIdentity>>;

/** The kernel's own file systems, those in memory, and images of programs: none holds a user's files. */
const PASSING = new Set(
  'autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs erofs fusectl hugetlbfs mqueue nsfs overlay proc pstore ramfs rpc_pipefs securityfs selinuxfs squashfs sysfs tmpfs tracefs'.split(
    ' ',
  ),
);
/** What is remembered is a part of each ledger that is written. */
const MOST = 1_000;

/** Those of now. What cannot be looked at is not among them. */
export function innerMounts(
  { realRoot }: Pick<Source, 'realRoot'>,
  mounts: readonly Mount[] = readMounts(),
): InnerMounts {
  const above = realRoot === '/' ? '/' : `${realRoot}/`;
  const points = mounts.filter(
    ({ point, type }) =>
      point.length > above.length && point.startsWith(above) && !PASSING.has(type),
  );
  const found = points.flatMap(({ point }) => {
    const stat = folderAt(point);
    return stat ? [[point.slice(above.length), identityOf(seenAt(point, stat))] as const] : [];
  });
  return Object.fromEntries(found);
}

/** What to remember from now on. What is known of a folder stays, whatever is mounted there now, until a person accepts the change. */
export function withNewMounts(known: InnerMounts | undefined, now: InnerMounts): InnerMounts {
  return Object.fromEntries(Object.entries({ ...now, ...known }).slice(0, MOST));
}

/**
 * Finds out whether the file system of a path is not mounted, or is another one than before: the folder that it
 * was mounted on. Then it is not known what became of missing files. `seen`: folders that were looked at in this turn of the
 * event loop, and are not looked at again; whether they are away.
 */
export function openMountCheck(
  root: string,
  known: InnerMounts | undefined,
  identify: typeof identityOf,
  seen?: Map<RelativePath, boolean>,
): (path: RelativePath) => string | undefined {
  const expected = new Map(Object.entries(known ?? {}));
  if (expected.size === 0) return () => undefined;

  function isAway(folder: RelativePath, identity: SourceIdentity): boolean {
    const point = pathOnDisk(root, folder);
    const stat = folderAt(point);
    return stat === undefined || !sameSource(identity, identify(seenAt(point, stat)));
  }

  return (path) => {
    for (const folder of [...foldersAbove(path), path]) {
      const identity = expected.get(folder);
      if (identity === undefined) continue;
      const away = seen?.get(folder) ?? isAway(folder, identity);
      seen?.set(folder, away);
      if (away) return folder;
    }
    return undefined;
  };
}

function folderAt(absolutePath: string): BigIntStats | undefined {
  try {
    const stat = statPathIfAny(absolutePath);
    return stat?.isDirectory() ? stat : undefined;
  } catch {
    return undefined;
  }
}
