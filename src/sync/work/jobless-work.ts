import type { ObjectName } from '../../state/object-index.js';
import { older, type Since } from '../moment.js';

/** Names with work to be done for which there is no job, and since when. */
export interface JoblessWork {
  /** It will not be done before a scan finds it again. */
  drop(name: ObjectName, since: Since): void;
  /** It is asked for again at a later time, whatever scans find until then. */
  defer(name: ObjectName, since: Since): void;
  /** There is a job for the name again. Returns since when there is work; undefined: there was none here. */
  take(name: ObjectName): Since | undefined;
  /** A scan has found everything there is to do: of what was dropped only what `isUnseen` is still to be done. */
  found(isUnseen: (name: ObjectName) => boolean): void;
  readonly dropped: number;
  readonly deferred: number;
  /** Of all. */
  ages(): Iterable<Since>;
  /** Of what was dropped, as far as they are remembered. */
  droppedNames(): Iterable<ObjectName>;
}

/** Dropped names that are remembered one by one; of more, only how many they are and how old. */
const MOST_DROPPED = 10_000;

export function createJoblessWork(): JoblessWork {
  const dropped = new Map<ObjectName, Since>();
  const deferred = new Map<ObjectName, Since>();
  let others: { readonly count: number; readonly since: Since } | undefined;

  return {
    drop(name, since) {
      if (dropped.size < MOST_DROPPED) dropped.set(name, since);
      else
        others = {
          count: (others?.count ?? 0) + 1,
          since: others === undefined ? since : older(others.since, since),
        };
    },
    defer: (name, since) => void deferred.set(name, since),
    take(name) {
      if (dropped.size + deferred.size === 0) return undefined; // as nearly always
      const from = dropped.has(name) ? dropped : deferred;
      const since = from.get(name);
      from.delete(name);
      return since;
    },
    found(isUnseen) {
      others = undefined;
      for (const name of dropped.keys()) if (!isUnseen(name)) dropped.delete(name);
    },
    get dropped() {
      return dropped.size + (others?.count ?? 0);
    },
    get deferred() {
      return deferred.size;
    },
    *ages() {
      yield* dropped.values();
      yield* deferred.values();
      if (others !== undefined) yield others.since;
    },
    droppedNames: () => dropped.keys(),
  };
}
