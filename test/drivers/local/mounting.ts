import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../world/folder.js';
import { afterwards } from './fixture.js';

const MIB = 1024 * 1024;

/** Mounts on a folder until the test has ended. False: it could not be mounted. */
export function mount(folder: string, options: readonly string[]): boolean {
  const mounted = spawnSync('mount', [...options, folder]).status === 0;
  if (mounted) afterwards(() => unmount(folder));
  return mounted;
}

export function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder]);
}

/** File systems can be mounted here: cases that do need the rights of root, and are counted as skipped without. */
export const canMount = mounts((folder) => ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]);

/** File systems that can share blocks between files. */
export type Sharing = 'btrfs' | 'xfs';

/** Those of them that this machine can make and mount. */
export const sharing: readonly Sharing[] = (['btrfs', 'xfs'] as const).filter(
  (type) =>
    canMount &&
    mounts((folder) => {
      const disk = `${folder}.disk`;
      return makeFileSystem(type, disk) ? ['-o', 'loop', disk, folder] : undefined;
    }),
);

/** Mounts a new file system of this type on the folder until the test has ended. */
export function mountNew(type: Sharing | 'ext4', folder: string, mib = 300): void {
  const disk = join(temporaryFolder(), 'disk');
  if (!makeFileSystem(type, disk, mib) || !mount(folder, ['-o', 'loop', disk]))
    throw new Error(`${type} cannot be made and mounted here`);
}

function makeFileSystem(type: Sharing | 'ext4', disk: string, mib = 300): boolean {
  writeFileSync(disk, '');
  truncateSync(disk, mib * MIB);
  return spawnSync(`mkfs.${type}`, ['-q', disk]).status === 0;
}

/** Whether something can be mounted with these options of mount(8); undefined: it cannot. */
function mounts(optionsFor: (folder: string) => readonly string[] | undefined): boolean {
  const scratch = mkdtempSync('/tmp/longshore-mount-');
  const folder = join(scratch, 'mounted');
  mkdirSync(folder);
  const options = optionsFor(folder);
  const mounted = options !== undefined && spawnSync('mount', options).status === 0;
  if (mounted) unmount(folder);
  rmSync(scratch, { recursive: true });
  return mounted;
}
