import { execFileSync } from 'node:child_process';

/** Types whose f_fsid (statfs(2)) comes from their UUID, or is drawn at each mount. That of others is the device number. */
const OWN_FSID = new Set(['ext2', 'ext3', 'ext4', 'btrfs', 'bcachefs', 'tmpfs']);
const PATIENCE_MS = 2_000;

/**
 * The file system's own number, in hex, which takes no rights. By stat(1), since Node's statfs leaves it out; a few
 * milliseconds. Undefined where it says nothing about the file system, or cannot be had.
 */
export function fsidOf(type: string, path: string): string | undefined {
  if (!OWN_FSID.has(type)) return undefined;
  try {
    const stat = ['-f', '-c', '%i', '--', path];
    const fsid = execFileSync('stat', stat, {
      timeout: PATIENCE_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim();
    return /^[0-9a-f]+$/.test(fsid) && !/^0+$/.test(fsid) ? fsid : undefined;
  } catch {
    return undefined;
  }
}
