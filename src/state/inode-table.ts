import { open as openFile, rm } from 'node:fs/promises';
import { StateDamagedError } from './errors.js';
import { hasFailedEnvironment } from './failed-environment.js';
import { openLmdbFile, type WritableFile } from './lmdb-file.js';
import { headerOf } from './lmdb-peek.js';

/**
 * Which names an inode had: a list of leads that the records confirm or refute, kept in a file of its own. A scan goes
 * over every record and no inode; in one file with the records, their pages would be mapped into memory with them. It
 * is not synced to disk at each commit, and made anew from the records after an unclean end.
 */
export interface InodeTable {
  namesOf(inode: bigint): Iterable<string>;
  /** One commit. Adding what is there, or removing what is not, is no error. */
  note(changes: readonly InodeChange[]): Promise<void>;
  /** After this, what was noted survives a loss of power. */
  close(): Promise<void>;
}

export interface InodeChange {
  readonly inode: bigint;
  readonly key: Buffer;
  readonly change: 'add' | 'remove';
}

const TABLES = { names: { severalValues: true } } as const;

/** The table's file, beside the index `file`. */
export function inodeFile(file: string): string {
  return `${file}-inodes`;
}

/** False where the table must be made anew (see lmdb-check.ts). */
export function isInodeTableWhole(file: string): boolean {
  try {
    return headerOf(inodeFile(file)) === 'whole';
  } catch (error) {
    if (error instanceof StateDamagedError) return false;
    throw error;
  }
}

/** The table beside the index `file`; look first whether it is whole. */
export function openInodeTable(file: string): InodeTable {
  if (!isInodeTableWhole(file))
    throw new StateDamagedError(inodeFile(file), 'is missing or cut short');
  return inodeTable(file);
}

/** An empty one, in place of whatever was there. */
export async function newInodeTable(file: string): Promise<InodeTable> {
  for (const old of [inodeFile(file), `${inodeFile(file)}-lock`]) await rm(old, { force: true });
  return inodeTable(file);
}

/** Changes before the file is closed and opened anew: what LMDB has mapped of it counts as memory of this process until then. */
const CHANGES_MAPPED = 100_000;

function inodeTable(file: string): InodeTable {
  const open = (): WritableFile<keyof typeof TABLES> =>
    openLmdbFile(inodeFile(file), TABLES, { durable: false });
  let opened: ReturnType<typeof open> | undefined = open();
  let noted = 0;
  return {
    *namesOf(inode) {
      // For the moment in which it is opened anew nothing is known, as of a file that was never seen.
      for (const key of opened?.tables.names.valuesOf(inodeKey(inode)) ?? [])
        yield key.toString('utf8');
    },
    async note(changes) {
      if (changes.length === 0) return;
      opened ??= open();
      const { tables, commit } = opened;
      await commit(() => {
        for (const { inode, key, change } of changes)
          tables.names[change === 'add' ? 'put' : 'remove'](inodeKey(inode), key);
      });
      noted += changes.length;
      if (noted < CHANGES_MAPPED) return;
      noted = 0;
      const full = opened;
      opened = undefined;
      await full.close();
      opened = open();
    },
    async close() {
      await opened?.close();
      if (hasFailedEnvironment()) return;
      const handle = await openFile(inodeFile(file), 'r+');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}

/** Big-endian, so that the table's order is the inodes' order: files made together lie together. */
function inodeKey(inode: bigint): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(inode);
  return key;
}
