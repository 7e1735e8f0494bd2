import type { Note, OrderedFault } from './armed/orders.js';
import type { History } from './history.js';

/** What a container says of one object. */
export interface Held {
  readonly md5: string;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly permissions: number;
}

/** A target as the torture sees it: from behind, without the program. */
export interface TortureTarget {
  /** The lines of the configuration that stand under its name. */
  readonly settings: string;
  /** Why its driver refuses to put an object of this name, before any request; undefined: it does not. */
  nameProblem(name: string): string | undefined;
  objects(): ReadonlyMap<string, Held>;
  /** Every change of the container's objects, and of its trash, since it was made: of a local one as far as the notes are read. */
  readonly history: History;
  /** Reads the notes of a daemon that has ended. */
  read(notes: readonly Note[]): void;
  /** By id, uploads in parts that were neither completed nor aborted: the object's name where it is known, and what exists of them. */
  uploads(): ReadonlyMap<string, { readonly key: string | undefined; readonly what: string }>;
  /** Files that are no objects and should not outlive a daemon. */
  leftovers(): readonly string[];
  /** Writes faults into the script: some of the next calls meet them. */
  script(random: () => number): void;
  /** The faults of the script that the program makes; the server makes the others. */
  readonly ordered: readonly OrderedFault[];
  met(id: number): void;
  readonly faultsLeft: number;
  readonly faultsMet: number;
  /** Fills the file system under the target, where it has one of its own. False: it has not. */
  fill(): boolean;
  empty(): void;
  close(): Promise<void>;
}

export const CONTAINER = 'documents';

/** What is in the trash is still in the container; the rest of what longshore keeps for itself is no content. */
export const isRecorded = (name: string): boolean =>
  !isOwn(name) || name.startsWith('.longshore/trash/');
/** What longshore keeps in a container for itself: its lease, its trash. */
export const isOwn = (name: string): boolean => name.startsWith('.longshore/');

/** Seconds since the epoch of a time in RFC 3339 with decimals; the language itself keeps three of them. */
export function secondsOf(rfc3339: string | undefined): number {
  const [, whole, decimals = ''] = /^([^.Z]+)(\.\d+)?Z$/.exec(rfc3339 ?? '') ?? [];
  return Date.parse(`${whole}Z`) / 1000 + Number(`0${decimals}`);
}
