import type { ObjectName } from '../../state/object-index.js';

/** Names of an ordered sequence, evenly spaced. */
export interface Landmarks {
  /** Names from one landmark to the next. */
  readonly stride: number;
  /** The first name, and every `stride`-th after it. */
  readonly names: readonly ObjectName[];
  /** Names in the whole sequence. */
  readonly count: number;
}

/** Twice as many are kept for a moment. */
const KEPT = 128;

/** Picks landmarks from a sequence of unknown length, in constant memory. */
export function openLandmarks(): { pass(name: ObjectName): void; marks(): Landmarks } {
  let names: ObjectName[] = [];
  let stride = 1;
  let count = 0;
  return {
    pass(name) {
      if (count++ % stride !== 0) return;
      names.push(name);
      if (names.length < 2 * KEPT) return;
      names = names.filter((_, at) => at % 2 === 0);
      stride *= 2;
    },
    marks: () => ({ stride, names, count }),
  };
}

/** About the middle name of sequences that follow each other; undefined where there is none. */
export function middleOf(sequences: readonly Landmarks[]): ObjectName | undefined {
  let half = sequences.reduce((sum, { count }) => sum + count, 0) / 2;
  for (const { stride, names, count } of sequences) {
    if (half < count) return names[Math.floor(half / stride)] ?? names.at(-1);
    half -= count;
  }
  return undefined;
}
