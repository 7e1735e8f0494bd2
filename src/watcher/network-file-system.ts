import { readFileSync, realpathSync } from 'node:fs';

/**
 * File systems that other machines (or a process behind FUSE) change without the knowledge of this kernel, so that watches
 * on them miss changes: those of proc_mounts(5) type that Linux or a FUSE daemon backs with a network.
 */
const NETWORK_TYPES = new Set(
  'nfs nfs4 cifs smb3 smbfs 9p virtiofs ceph afs coda gfs2 ocfs2 lustre glusterfs beegfs gpfs ncpfs davfs vboxsf prl_fs vmhgfs'.split(
    ' ',
  ),
);
/** FUSE subtypes that are on a local disk; every other one may be changed from elsewhere. */
const LOCAL_FUSE = new Set([
  'fuse.bindfs',
  'fuse.encfs',
  'fuse.gocryptfs',
  'fuse.cryfs',
  'fuse.mergerfs',
  'fuse.ntfs-3g',
  'fuse.exfat',
  'fuse.lxcfs',
]);

export interface Mount {
  readonly point: string;
  /** Which folder of the file system is there: `/`, the path of a Btrfs subvolume, or whatever a bind mount shows of it. */
  readonly root: string;
  readonly type: string;
  /** `major:minor` of what is mounted. */
  readonly device: string;
  /** The source of the mount, as the mount command named it: `/dev/sda1`, `server:/export`, `none`. */
  readonly source: string;
}

/** The mounts of this process in the order they were made, later ones over earlier ones. Empty where there is no procfs. */
export function readMounts(file = '/proc/self/mountinfo'): Mount[] {
  try {
    return parseMounts(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

/** Lines of proc_pid_mountinfo(5): the third field is the device, then root and mount point; type and source follow a lone hyphen. */
export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const [, , device, root, point] = fields;
    const [, type, source] = fields.slice(fields.indexOf('-', 6));
    if (
      device === undefined ||
      root === undefined ||
      point === undefined ||
      type === undefined ||
      source === undefined
    )
      return [];
    return [
      {
        point: unescapeOctal(point),
        root: unescapeOctal(root),
        type,
        device,
        source: unescapeOctal(source),
      },
    ];
  });
}

/** The type of the network file system that holds an absolute path without symbolic links; undefined for a local one. */
export function networkFileSystem(
  absolutePath: string,
  mounts: readonly Mount[],
): string | undefined {
  const mount = mountOf(absolutePath, mounts);
  return mount !== undefined && isNetworkType(mount.type) ? mount.type : undefined;
}

/**
 * Whether a call on a file of this tree may wait for a network: the folder, or one that is mounted in it, is on another machine.
 * True where the folder cannot be found.
 */
export function mayWaitForNetwork(folder: string, mounts: readonly Mount[]): boolean {
  const root = realPathIfAny(folder);
  if (root === undefined) return true;
  const below = root === '/' ? '/' : `${root}/`;
  return (
    networkFileSystem(root, mounts) !== undefined ||
    mounts.some(({ point, type }) => point.startsWith(below) && isNetworkType(type))
  );
}

function realPathIfAny(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** The mount that holds an absolute path without symbolic links. */
export function mountOf(absolutePath: string, mounts: readonly Mount[]): Mount | undefined {
  const holds = ({ point }: Mount): boolean =>
    point === '/' || absolutePath === point || absolutePath.startsWith(`${point}/`);
  return mounts
    .filter(holds)
    .reduce<Mount | undefined>(
      (best, next) => (next.point.length >= (best?.point.length ?? 0) ? next : best),
      undefined,
    );
}

export function isNetworkType(type: string): boolean {
  return NETWORK_TYPES.has(type) || (type.startsWith('fuse.') && !LOCAL_FUSE.has(type));
}

/** The kernel writes space, tab, newline and backslash in mount points as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
