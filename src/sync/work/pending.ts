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
  const works = new Map<ObjectName, PendingWork>();
  const sums = createSums();
  const dropped = new Map<ObjectName, Since>();
  let others: { readonly count: number; readonly since: Since } | undefined;
  let byFolder: NamesByFolder | undefined;
  const empty = createCondition();

  function begin(name: ObjectName, since: Since, due: DueWork): void {
    works.set(name, { since, due });
    sums.add(due);
    byFolder?.add(name);
  }

  function settled(name: ObjectName): void {
    const work = works.get(name);
    if (work !== undefined) {
      works.delete(name);
      sums.subtract(work.due);
      byFolder?.delete(name);
    }
    if (works.size > 0) return;
    byFolder = undefined;
    empty.notifyAll();
  }

  return {
    add(name, moment, due) {
      const work = works.get(name);
      if (work === undefined) {
        const before = dropped.size === 0 ? undefined : dropped.get(name);
        if (before !== undefined) dropped.delete(name);
        begin(name, before === undefined ? moment : older(before, moment), due ?? UNSIZED);
      } else if (due !== undefined) {
        sums.subtract(work.due);
        sums.add(due);
        work.due = due;
      }
    },
    replace(name, moment) {
      const work = works.get(name);
      if (work === undefined) begin(name, moment, UNSIZED);
      else work.since = moment;
    },
    settled,
    drop(name) {
      const moment = works.get(name)?.since;
      if (moment === undefined) return;
      if (dropped.size < MOST_DROPPED) dropped.set(name, moment);
      else
        others = {
          count: (others?.count ?? 0) + 1,
          since: others === undefined ? moment : older(others.since, moment),
        };
      settled(name);
    },
    has: (name) => works.has(name),
    since: (name) => works.get(name)?.since,
    namesBelow(folder) {
      if (works.size === 0) return [];
      byFolder ??= createNamesByFolder(works.keys());
      return byFolder.below(folder);
    },
    get size() {
      return works.size;
    },
    get bytes() {
      return sums.bytes;
    },
    get byJob() {
      return sums.byJob();
    },
    get dropped() {
      return dropped.size + (others?.count ?? 0);
    },
    *ages() {
      for (const { since } of works.values()) yield since;
      yield* dropped.values();
      if (others !== undefined) yield others.since;
    },
    oldest() {
      // In plain loops: a hundred thousand names are looked through for each status.
      let found = others?.since;
      for (const { since } of works.values()) found = olderOf(found, since);
      for (const since of dropped.values()) found = olderOf(found, since);
      return found;
    },
    *names() {
      yield* works.keys();
      yield* dropped.keys();
    },
    found(isUnseen) {
      others = undefined;
      for (const name of dropped.keys()) if (!isUnseen(name)) dropped.delete(name);
    },
    async whenEmpty(signal) {
      while (works.size > 0) await empty.wait(signal);
    },
  };
}

interface PendingWork {
  since: Since;
  due: DueWork;
}

/** Null, an unknown age, is the oldest. Undefined: there was none before. */
function olderOf(found: Since | undefined, since: Since): Since {
  if (found === undefined || since === null) return since;
  return found !== null && isOlder(since, found) ? since : found;
}

/** Sums of what is due, which are kept and not added up again. */
function createSums() {
  const counts: Partial<Record<JobKind, number>> = {};
  let bytes = 0;

  function count({ job, bytes: size }: DueWork, sign: 1 | -1): void {
    bytes += sign * size;
    counts[job] = (counts[job] ?? 0) + sign;
  }

  return {
    add: (due: DueWork) => count(due, 1),
    subtract: (due: DueWork) => count(due, -1),
    get bytes() {
      return bytes;
    },
    byJob: () => Object.fromEntries(Object.entries(counts).filter(([, amount]) => amount > 0)),
  };
}
