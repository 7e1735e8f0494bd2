import { createCondition } from '../../condition.js';
import type { ObjectName } from '../../state/object-index.js';
import type { JobKind } from '../events.js';
import { isOlder, older, type Since } from '../moment.js';
import { createJoblessWork } from './jobless-work.js';
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
   * A name that is pending already keeps the moment it became so; one that was dropped or deferred is as old as it was then. `due`:
   * where it is known.
   */
  add(name: ObjectName, since: Since, due?: DueWork): void;
  /** A job of the name is over, and another one follows for a change of this moment. */
  replace(name: ObjectName, since: Since): void;
  settled(name: ObjectName): void;
  /** The work will not be done before a scan finds it again. */
  drop(name: ObjectName): void;
  /** The work will be added again at a later time, whatever scans find until then. */
  defer(name: ObjectName): void;
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
  /** How many were deferred and not added again. */
  readonly deferred: number;
  /** How many names are pending, dropped and deferred. */
  readonly undone: number;
  /** Of all of these. */
  ages(): Iterable<Since>;
  /** The oldest of these; null: one of them is of an unknown age. Undefined: there is none. */
  oldest(): Since | undefined;
  /** Of what is pending, and what was dropped, as far as that is remembered. */
  names(): Iterable<ObjectName>;
  /** A scan has found everything there is to do: of what was dropped only what `isUnseen` is still to be done. */
  found(isUnseen: (name: ObjectName) => boolean): void;
  /** Resolves when nothing is pending; rejects with the signal's reason. */
  whenEmpty(signal: AbortSignal): Promise<void>;
}

export function createPending(): Pending {
  const works = new Map<ObjectName, PendingWork>();
  const sums = createSums();
  const jobless = createJoblessWork();
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

  /** Its job is over, and `keep` remembers the work. */
  function putOff(name: ObjectName, keep: (name: ObjectName, since: Since) => void): void {
    const since = works.get(name)?.since;
    if (since === undefined) return;
    keep(name, since);
    settled(name);
  }

  return {
    add(name, moment, due) {
      const work = works.get(name);
      if (work === undefined) {
        const before = jobless.take(name);
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
    drop: (name) => putOff(name, jobless.drop),
    defer: (name) => putOff(name, jobless.defer),
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
      return jobless.dropped;
    },
    get deferred() {
      return jobless.deferred;
    },
    get undone() {
      return works.size + jobless.dropped + jobless.deferred;
    },
    *ages() {
      for (const { since } of works.values()) yield since;
      yield* jobless.ages();
    },
    oldest() {
      // In plain loops: a hundred thousand names are looked through for each status.
      let found: Since | undefined;
      for (const { since } of works.values()) found = olderOf(found, since);
      for (const since of jobless.ages()) found = olderOf(found, since);
      return found;
    },
    *names() {
      yield* works.keys();
      yield* jobless.droppedNames();
    },
    found: jobless.found,
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
