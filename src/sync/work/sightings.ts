import type { ObjectName } from '../../state/object-index.js';

/** Files that were seen under names whose objects are not confirmed, by name and by inode, in bounded memory. */
export interface Sightings {
  /** A job sees to this name. */
  add(name: ObjectName, inode: bigint): void;
  /** What was seen under this name is not mirrored, and why. `unnameable`: no object can have this name. */
  refuse(name: ObjectName, inode: bigint, why: string, unnameable?: boolean): void;
  isUnnameable(name: ObjectName): boolean;
  /** The first attempt for this name has failed. */
  delay(name: ObjectName): void;
  isDelayed(name: ObjectName): boolean;
  whyNot(name: ObjectName): string | undefined;
  namesOf(inode: bigint): readonly ObjectName[];
  /** A delete under `name` is withheld until what was seen under `other` is mirrored or gone. False: that is not kept in mind. */
  keep(name: ObjectName, other: ObjectName): boolean;
  /** Returns the names whose deletes were withheld for this one. */
  remove(name: ObjectName): readonly ObjectName[];
  /** True when more was refused than is kept; until the next survey. */
  readonly overflowed: boolean;
  beginSurvey(): void;
}

interface Sighting {
  readonly inode: bigint;
  readonly why: string | undefined;
  readonly delayed: boolean;
  readonly unnameable?: boolean;
}

/** Refused names, and withheld deletes, that are kept. */
const MOST = 10_000;

const NONE: readonly ObjectName[] = [];

export function createSightings(): Sightings {
  const byName = new Map<ObjectName, Sighting>();
  /** From the first question on until none is seen: only deletes, and overwrites, ask. */
  let byInode: Map<bigint, Set<ObjectName>> | undefined;
  const kept = new Map<ObjectName, Set<ObjectName>>();
  let refused = 0;
  let overflowed = false;

  function drop(name: ObjectName): void {
    const before = byName.get(name);
    if (before === undefined) return;
    byName.delete(name);
    if (before.why !== undefined) refused -= 1;
    if (byName.size === 0) byInode = undefined;
    const names = byInode?.get(before.inode);
    names?.delete(name);
    if (names?.size === 0) byInode?.delete(before.inode);
  }

  function noteInode(inode: bigint, name: ObjectName): void {
    const names = byInode?.get(inode);
    if (names) names.add(name);
    else byInode?.set(inode, new Set([name]));
  }

  function note(name: ObjectName, sighting: Sighting): void {
    byName.set(name, sighting);
    if (sighting.why !== undefined) refused += 1;
    if (byInode !== undefined) noteInode(sighting.inode, name);
  }

  function set(name: ObjectName, sighting: Sighting): void {
    drop(name);
    note(name, sighting);
  }

  return {
    add(name, inode) {
      const before = byName.get(name);
      if (before === undefined) note(name, { inode, why: undefined, delayed: false });
      else if (before.inode !== inode) set(name, { inode, why: undefined, delayed: false });
    },
    refuse(name, inode, why, unnameable = false) {
      if (refused >= MOST && byName.get(name)?.why === undefined) overflowed = true;
      else set(name, { inode, why, delayed: true, unnameable });
    },
    delay(name) {
      const before = byName.get(name);
      if (before) byName.set(name, { ...before, delayed: true });
    },
    isUnnameable: (name) => byName.get(name)?.unnameable === true,
    isDelayed: (name) => byName.get(name)?.delayed === true,
    whyNot: (name) => (refused === 0 ? undefined : byName.get(name)?.why),
    namesOf(inode) {
      if (byInode === undefined) {
        if (byName.size === 0) return NONE;
        byInode = new Map();
        for (const [name, sighting] of byName) noteInode(sighting.inode, name);
      }
      return [...(byInode.get(inode) ?? NONE)];
    },
    keep(name, other) {
      const names = kept.get(other);
      if (names ? names.size >= MOST : kept.size >= MOST) return false;
      if (names) names.add(name);
      else kept.set(other, new Set([name]));
      return true;
    },
    remove(name) {
      drop(name);
      const names = kept.size === 0 ? undefined : kept.get(name);
      if (names === undefined) return NONE;
      kept.delete(name);
      return [...names];
    },
    get overflowed() {
      return overflowed;
    },
    beginSurvey() {
      overflowed = false;
      for (const [name, { unnameable }] of [...byName]) if (unnameable) drop(name);
    },
  };
}
