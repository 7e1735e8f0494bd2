import { createCondition } from '../../condition.js';
import type { ObjectName } from '../../state/object-index.js';
import type { JobKind } from '../events.js';
import { isOlder, older, type Since } from '../moment.js';
import { createNamesByFolder, type NamesByFolder } from './names-by-folder.js';

/** What is to be done about a name, as it looks before it is done. */
export interface DueWork {
  readonly job: JobKind;
  /** Of the file. */
  readonly bytes: number;
}

/** Of names whose file was not looked at yet. */
const UNSIZED: DueWork = { job: 'upload_object', bytes: 0 };

/** Names with work that is not durable yet: lag, state and "is this run done" are read from it. */
export interface Pending {
  /**
   * A name that is pending already keeps the moment it became so; one that was dropped is as old as it was then. `due`: where it
   * is known.
   */
  add(name: ObjectName, since: Since, due?: DueWork): void;
  /** A job of the name is over, and another one follows for a change of this moment. */
  replace(name: ObjectName, since: Since): void;
  settled(name: ObjectName): void;
  /** The work will not be done before a scan finds it again. */
  drop(name: ObjectName): void;
  has(name: ObjectName): boolean;
  /** When it became pending; undefined: it is not. */
  since(name: ObjectName): Since | undefined;
  /** Those in this folder and below it, in no order. From the first call on they are kept by folder, until none is pending. */
  namesBelow(folder: string): readonly ObjectName[];
  readonly size: number;
  /** Bytes of the files of what is pending, as far as they are known. */
  readonly bytes: number;
  /** How many names are pending for each kind of job. */
  readonly byJob: Readonly<Partial<Record<JobKind, number>>>;
  /** How many were dropped and not found again. */
  readonly dropped: number;
  /** Of what is pending and what was dropped. */
  ages(): Iterable<Since>;
  /** The oldest of these; null: one of them is of an unknown age. Undefined: there is none. */
  oldest(): Since | undefined;
  /** Of both, as far as they are remembered. */
  names(): Iterable<ObjectName>;
  /** A scan has found everything there is to do: of what was dropped only what `isUnseen` is still to be done. */
  found(isUnseen: (name: ObjectName) => boolean): void;
  /** Resolves when nothing is pending; rejects with the signal's reason. */
  whenEmpty(signal: AbortSignal): Promise<void>;
}

/** Dropped names that are remembered one by one; of more, only how many they are and how old. */
const MOST_DROPPED = 10_000;

export function createPending(): Pending {
  const since = new Map<ObjectName, Since>();
  const sizes = createDueWorks();
  const dropped = new Map<ObjectName, Since>();
  let others: { readonly count: number; readonly since: Since } | undefined;
  let byFolder: NamesByFolder | undefined;
  const empty = createCondition();

  function settled(name: ObjectName): void {
    since.delete(name);
    sizes.delete(name);
    byFolder?.delete(name);
    if (since.size > 0) return;
    byFolder = undefined;
    empty.notifyAll();
  }

  return {
    add(name, moment, due) {
      if (due !== undefined) sizes.set(name, due);
      if (since.has(name)) return;
      const before = dropped.get(name);
      since.set(name, before === undefined ? moment : older(before, moment));
      byFolder?.add(name);
      dropped.delete(name);
    },
    replace(name, moment) {
      since.set(name, moment);
      byFolder?.add(name);
    },
    settled,
    drop(name) {
      const moment = since.get(name);
      if (moment === undefined) return;
      if (dropped.size < MOST_DROPPED) dropped.set(name, moment);
      else
        others = {
          count: (others?.count ?? 0) + 1,
          since: others === undefined ? moment : older(others.since, moment),
        };
      settled(name);
    },
    has: (name) => since.has(name),
    since: (name) => since.get(name),
    namesBelow(folder) {
      if (since.size === 0) return [];
      byFolder ??= createNamesByFolder(since.keys());
      return byFolder.below(folder);
    },
    get size() {
      return since.size;
    },
    get bytes() {
      return sizes.bytes;
    },
    get byJob() {
      return sizes.byJob(since.size);
    },
    get dropped() {
      return dropped.size + (others?.count ?? 0);
    },
    *ages() {
      yield* since.values();
      yield* dropped.values();
      if (others !== undefined) yield others.since;
    },
    oldest() {
      // In plain loops: a hundred thousand names are looked through for each status.
      let found = others?.since;
      for (const ages of [since, dropped])
        for (const age of ages.values()) {
          if (age === null || found === null) return null;
          if (found === undefined || isOlder(age, found)) found = age;
        }
      return found;
    },
    *names() {
      yield* since.keys();
      yield* dropped.keys();
    },
    found(isUnseen) {
      others = undefined;
      for (const name of dropped.keys()) if (!isUnseen(name)) dropped.delete(name);
    },
    async whenEmpty(signal) {
      while (since.size > 0) await empty.wait(signal);
    },
  };
}

/** What is due about each name, and its sums, which are kept and not added up again. */
function createDueWorks() {
  const works = new Map<ObjectName, DueWork>();
  const counts = new Map<JobKind, number>();
  let bytes = 0;

  function count({ job, bytes: size }: DueWork, sign: 1 | -1): void {
    bytes += sign * size;
    counts.set(job, (counts.get(job) ?? 0) + sign);
  }

  function remove(name: ObjectName): void {
    const known = works.get(name);
    if (known === undefined) return;
    works.delete(name);
    count(known, -1);
  }

  return {
    set(name: ObjectName, due: DueWork): void {
      remove(name);
      works.set(name, due);
      count(due, 1);
    },
    delete: remove,
    get bytes() {
      return bytes;
    },
    /** `names`: how many there are; those without a size count as UNSIZED. */
    byJob(names: number): Partial<Record<JobKind, number>> {
      const all = new Map(counts);
      all.set(UNSIZED.job, (all.get(UNSIZED.job) ?? 0) + names - works.size);
      return Object.fromEntries([...all].filter(([, amount]) => amount > 0));
    },
  };
}
