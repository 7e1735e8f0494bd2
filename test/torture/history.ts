/** A change of what one name holds, which happened at some moment between the two times: milliseconds of the monotonic clock. */
export interface Step {
  readonly beganMs: number;
  readonly endedMs: number;
  /** The MD5 of what the name holds from then on; undefined: nothing. */
  readonly content: string | undefined;
}

/** By name, its changes in their order. Before the first one a name holds nothing. */
export type History = ReadonlyMap<string, readonly Step[]>;

/** A time in which a name may hold a content. */
export interface Holding {
  readonly name: string;
  readonly content: string;
  readonly fromMs: number;
  /** Infinity: to this day. */
  readonly toMs: number;
}

export interface HistoryRecorder {
  readonly history: History;
  record(name: string, step: Step): void;
}

export function createHistory(): HistoryRecorder {
  const history = new Map<string, Step[]>();
  return {
    history,
    record(name, step) {
      const steps = history.get(name);
      if (steps) steps.push(step);
      else history.set(name, [step]);
    },
  };
}

/** The times in which names hold something. The bounds are wide: at their edges the change may have come already, or not yet. */
export function holdings(history: History): Holding[] {
  const found: Holding[] = [];
  for (const [name, steps] of history) {
    for (const [at, { content, beganMs }] of steps.entries()) {
      if (content !== undefined)
        found.push({ name, content, fromMs: beganMs, toMs: steps[at + 1]?.endedMs ?? Infinity });
    }
  }
  return found;
}

export function byContent(all: readonly Holding[]): ReadonlyMap<string, readonly Holding[]> {
  const grouped = new Map<string, Holding[]>();
  for (const holding of all) {
    const group = grouped.get(holding.content);
    if (group) group.push(holding);
    else grouped.set(holding.content, [holding]);
  }
  return grouped;
}

/** Calls the listener after each change of a map; the value is `undefined` when it was removed. */
export function observeMap<K, V>(
  map: Map<K, V>,
  listener: (key: K, value: V | undefined) => void,
): void {
  const { set, delete: remove } = map;
  map.set = (key, value) => {
    set.call(map, key, value);
    listener(key, value);
    return map;
  };
  map.delete = (key) => {
    const had = remove.call(map, key);
    if (had) listener(key, undefined);
    return had;
  };
}
