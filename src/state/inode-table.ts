import { open as openFile, rm } from 'node:fs/promises';
import { StateDamagedError } from './errors.js';
import { hasFailedEnvironment } from './failed-environment.js';
import { openLmdbFile, type WritableFile } from './lmdb-file.js';
import { headerOf } from './lmdb-peek.js';

/**
 * The names of each inode: hints that the records confirm or refute, in a separate file. A scan reads all records and
 * no inodes; in one file, their pages would be mapped into memory together. The table is not synced at each commit,
 * and it is rebuilt from the records after an unclean end.
 */
export interface InodeTable {
  namesOf(inode: bigint): Iterable<string>;
  /** One commit. Adding an existing name, or removing a missing one, is no error. */
  note(changes: readonly InodeChange[]): Promise<void>;
  /** After this, the table survives a loss of power. */
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

/** False where the table must be rebuilt (see lmdb-check.ts). */
export function isInodeTableWhole(file: string): boolean {
  try {
    return headerOf(inodeFile(file)) === 'whole';
  } catch (error) {
    if (error instanceof StateDamagedError) return false;
    throw error;
  }
}

/** Opens the table beside the index `file`; the caller checks it first. */
export function openInodeTable(file: string): InodeTable {
  if (!isInodeTableWhole(file))
    throw new StateDamagedError(inodeFile(file), 'is missing or cut short');
  return inodeTable(file, false);
}

/** Makes an empty table, and replaces any existing one. */
export async function newInodeTable(file: string): Promise<InodeTable> {
  for (const old of [inodeFile(file), `${inodeFile(file)}-lock`]) await rm(old, { force: true });
  return inodeTable(file, true);
}

/** Changes before the file is reopened: until then the pages that LMDB has mapped count as memory of this process. */
const CHANGES_MAPPED = 100_000;

/** `isNew`: it has something that was never synced. */
function inodeTable(file: string, isNew: boolean): InodeTable {
  const open = (): WritableFile<keyof typeof TABLES> =>
    openLmdbFile(inodeFile(file), TABLES, { durable: false });
  let opened: ReturnType<typeof open> | undefined = open();
  let noted = 0;
  let hasChanged = isNew;
  return {
    *namesOf(inode) {
      // While the file is reopened no names are known, as for a file that was never seen.
      for (const key of opened?.tables.names.valuesOf(inodeKey(inode)) ?? [])
        yield key.toString('utf8');
    },
    async note(changes) {
      if (changes.length === 0) return;
      hasChanged = true;
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
      if (!hasChanged || hasFailedEnvironment()) return;
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
