import { isoTime, parseTime } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';

/**
 * Where something is in the trash: `2026-11-22T17-38-05.123Z-4f2a1c/letters/a.txt`. The folder's name has the time when it was opened,
 * in UTC, and a few letters that no other folder of that moment has; below it things are called as they were before. Without
 * colons, which not every file system and tool takes. Folders are ordered by their age.
 */
export interface TrashedName {
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** As the object was called, below the mirror's prefix. */
  readonly name: ObjectName;
}

/** Things are thrown into one folder for so long at the most, so that a tree that is deleted stays together. */
export const FOLDER_MS = 60_000;

const FORM = /^((\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})Z-[0-9a-f]{6})\/(.+)$/s;

/** `distinction` is six hex digits. */
export function trashFolder(atMs: number, distinction: string): string {
  return `${foldersOf(atMs)}${distinction}`;
}

/** What the names of the folders begin with that were opened at this moment. */
export function foldersOf(atMs: number): string {
  return `${isoTime(atMs).replaceAll(':', '-')}-`;
}

/** Reads a name below the trash's prefix. Undefined for anything that we would not have written. */
export function readTrashed(text: string): TrashedName | undefined {
  const [, folder, day, hours, minutes, seconds, name] = FORM.exec(text) ?? [];
  if (folder === undefined || name === undefined) return undefined;
  const atMs = parseTime(`${day}T${hours}:${minutes}:${seconds}Z`);
  // 30 February is read as a day in March, and is no date of ours.
  if (atMs === undefined || trashFolder(atMs, folder.slice(-6)) !== folder) return undefined;
  return { folder, atMs, name };
}
