import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { statDescriptor, statPathIfAny } from '../../file-stat.js';
import { codeOf } from './failure.js';

// Where lmdb keeps what in a file (mdb.c, MDB_page and MDB_meta): the mapped file is believed as it is, so that a cut or
// foreign one would end the process with SIGBUS. Hence this look before it is opened.
const MAGIC = 0xbeefc0de;
const AT = { magic: 24, pageSize: 48, lastPage: 144, end: 152 } as const;

/** Whether the file can be mapped without harm. A missing or empty one can: lmdb begins it anew. */
export function looksSound(file: string): boolean {
  const descriptor = openIfThere(file);
  if (descriptor === undefined) return true;
  try {
    const size = Number(statDescriptor(descriptor).size);
    if (size === 0) return true;
    const first = readMeta(descriptor, 0);
    if (first === undefined || ![4096, 8192, 16384, 32768, 65536].includes(first.pageSize)) return false;
    const second = readMeta(descriptor, first.pageSize);
    if (second === undefined) return false;
    return (Math.max(first.lastPage, second.lastPage) + 1) * first.pageSize <= size;
  } finally {
    closeSync(descriptor);
  }
}

function readMeta(descriptor: number, position: number): { readonly pageSize: number; readonly lastPage: number } | undefined {
  const bytes = Buffer.alloc(AT.end);
  if (readSync(descriptor, bytes, 0, AT.end, position) < AT.end) return undefined;
  if (bytes.readUInt32LE(AT.magic) !== MAGIC) return undefined;
  return { pageSize: bytes.readUInt32LE(AT.pageSize), lastPage: Number(bytes.readBigUInt64LE(AT.lastPage)) };
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What lmdb writes as it makes a file, and some more. */
const ROOM = Buffer.alloc(128 * 1024);

/** On a full file system lmdb maps what it could not write, and ends the process. This throws ENOSPC instead. */
export function requireRoom(file: string): void {
  if (isMade(file) && isMade(`${file}-lock`)) return;
  const room = `${file}.room-${randomUUID()}`;
  try {
    writeFileSync(room, ROOM);
  } finally {
    rmSync(room, { force: true });
  }
}

function isMade(file: string): boolean {
  return (statPathIfAny(file)?.size ?? 0n) > 0n;
}

/** Keeps one damaged file for whoever wants to look into it; an earlier one makes room. */
export function setAside(file: string): void {
  try {
    renameSync(file, `${file}.damaged`);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  rmSync(`${file}-lock`, { force: true });
}
