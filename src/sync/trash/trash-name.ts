import { isoTime, parseTime } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';

/**
 * Where something is in the trash: `2026-11-22T17-38-05.123Z-4f2a1c-deleted/letters/a.txt`. The folder's name has the time when it was
 * opened, in UTC, a few letters that no other folder of that moment has, and what was about to become of what is in it; below it
 * things are called as they were before. Without colons, which not every file system and tool takes. Folders are ordered by their age.
 */
export interface TrashedName {
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** As the object was called, below the mirror's prefix. */
  readonly name: ObjectName;
  /** Undefined: it was put there by a version that did not say so. */
  readonly why: TrashWhy | undefined;
}

/** What was about to become of an object that was kept. `damaged`: it was not what had been sent, and was replaced. */
export type TrashWhy = 'deleted' | 'overwritten' | 'damaged';

/** Things are thrown into one folder for so long at the most, so that a tree that is deleted stays together. */
export const FOLDER_MS = 60_000;

const FORM =
  /^((\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})Z-([0-9a-f]{6})(?:-(deleted|overwritten|damaged))?)\/(.+)$/s;

/** `distinction` is six hex digits. */
export function trashFolder(atMs: number, distinction: string, why?: TrashWhy): string {
  return `${foldersOf(atMs)}${distinction}${why === undefined ? '' : `-${why}`}`;
}

/** What the names of the folders begin with that were opened at this moment. */
export function foldersOf(atMs: number): string {
  return `${isoTime(atMs).replaceAll(':', '-')}-`;
}

/** Reads a name below the trash's prefix. Undefined for anything that we would not have written. */
export function readTrashed(text: string): TrashedName | undefined {
  const [, folder, day, hours, minutes, seconds, letters = '', whyText, name] =
    FORM.exec(text) ?? [];
  if (folder === undefined || name === undefined) return undefined;
  const why = whyText as TrashWhy | undefined;
  const atMs = parseTime(`${day}T${hours}:${minutes}:${seconds}Z`);
  // 30 February is read as a day in March, and is no date of ours.
  if (atMs === undefined || trashFolder(atMs, letters, why) !== folder) return undefined;
  return { folder, atMs, name, why };
}
