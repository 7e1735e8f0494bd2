import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How much a fresh file system must hold. */
export interface Need {
  readonly files: number;
  readonly bytes: number;
  /** True: on the disk of this machine, because the row measures how the disk is asked to write. */
  readonly onDisk?: boolean;
}

/** A file system that held nothing before. */
export interface FreshFileSystem {
  readonly folder: string;
  /** What it is, for the reader of the figures. */
  readonly kind: string;
  /** Unmounts it, and frees its memory. */
  remove(): void;
}

/**
 * Makes file systems that are fresh for one run. After a mass delete ext4 makes file creation up to 20 times dearer for
 * some minutes, so a run in the place of an earlier one would measure that.
 *
 * The first of these that works: an ext4 image in memory, mounted through a loop device (needs root); a folder in the tmpfs
 * at /dev/shm; a folder on the disk.
 */
export interface Space {
  fresh(need: Need): FreshFileSystem;
  /** Removes the file systems that are left, after a row that failed. */
  removeAll(): void;
  /** Removes everything, at the end of the bench and on signals. */
  close(): void;
}

const MEMORY = '/dev/shm';
const ROOM_PER_FILE_BYTES = 8192;
const SPARE_BYTES = 512 * 2 ** 20;
const SPARE_INODES = 50_000;

export function openSpace(): Space {
  const base = mkdtempSync(join(tmpdir(), 'longshore-bench-'));
  const live = new Set<FreshFileSystem>();
  let count = 0;
  const removeAll = () => {
    for (const system of live) system.remove();
  };
  return {
    removeAll,
    fresh(need) {
      count += 1;
      const made = loopMounted(base, count, need) ?? folderOnly(base, count, need);
      const system = {
        ...made,
        remove() {
          if (live.delete(system)) made.remove();
        },
      };
      live.add(system);
      return system;
    },
    close() {
      removeAll();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** Returns undefined where this process may not mount, or has no mkfs.ext4. */
function loopMounted(base: string, number: number, need: Need): FreshFileSystem | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const inMemory = need.onDisk !== true && existsSync(MEMORY);
  const images = inMemory ? mkdtempSync(join(MEMORY, 'longshore-bench-')) : base;
  const image = join(images, `ext4-${number}.img`);
  const folder = join(base, `mount-${number}`);
  const remove = () => {
    run('umount', '--lazy', folder);
    rmSync(image, { force: true });
    if (inMemory) rmSync(images, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  };
  mkdirSync(folder);
  writeFileSync(image, '');
  truncateSync(image, need.bytes + need.files * ROOM_PER_FILE_BYTES + SPARE_BYTES);
  // Nothing is initialised by a kernel thread while a program is measured.
  const now = 'lazy_itable_init=0,lazy_journal_init=0';
  const inodes = String(2 * need.files + SPARE_INODES);
  if (
    run('mkfs.ext4', '-q', '-F', '-E', now, '-N', inodes, image) &&
    run('mount', '-o', 'loop', image, folder)
  ) {
    rmSync(join(folder, 'lost+found'), { recursive: true });
    const where = inMemory ? 'in memory' : 'on the disk';
    return { folder, kind: `fresh ext4 image ${where}, mounted through a loop device`, remove };
  }
  remove();
  return undefined;
}

const TMPFS_MAGIC = 0x01021994;

function folderOnly(base: string, number: number, need: Need): FreshFileSystem {
  const inMemory =
    need.onDisk !== true && existsSync(MEMORY) && statfsSync(MEMORY).type === TMPFS_MAGIC;
  const folder = inMemory
    ? mkdtempSync(join(MEMORY, 'longshore-bench-'))
    : join(base, `folder-${number}`);
  mkdirSync(folder, { recursive: true });
  return {
    folder,
    kind: inMemory ? 'tmpfs' : 'disk (no fresh file system could be made)',
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function run(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
