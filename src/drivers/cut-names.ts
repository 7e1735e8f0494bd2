import { compareNames, isWellFormed } from '../utf8-order.js';

/** Names in which characters are noted by their position; what differs further back makes no difference to a cut. */
const POSITIONS = 200;
/** Of a page, so many names are noted. */
const SAMPLE = 20;
/** A character stands for all of its kind: names that count, or are hex digests or words, have the others, too. */
const KINDS: readonly string[] = [
  '0123456789',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  'abcdefghijklmnopqrstuvwxyz',
];

/** Where a range is cut, and the position of the character that the cut changes. */
export interface Cut {
  readonly name: string;
  readonly position: number;
}

/** Guesses where names lie that were not listed yet, by the characters of those that were. */
export interface NameGuesser {
  /** Notes some of these names. */
  note(names: readonly { readonly key: string }[]): void;
  /**
   * A name after `low` and before `high`, with about half of what may be between them before it; undefined: there is no good
   * guess. It changes the character at `position`, or where that cannot be one in front of it, or else, and by default, the
   * first one in which the noted names differ.
   */
  between(low: string, high: string | undefined, position?: number): Cut | undefined;
}

/** `prefix`: what all names begin with. */
export function nameGuesser(prefix: string): NameGuesser {
  const noted: Set<string>[] = [];

  function noteAt(position: number, character: string): void {
    const characters = noted[position] ?? new Set();
    noted[position] = characters.add(character);
  }

  function isVaried(position: number): boolean {
    return (noted[position]?.size ?? 0) > 1;
  }

  function cutAt(position: number, low: string, high: string | undefined): Cut | undefined {
    const start = low.slice(0, position);
    const names = likely(noted[position] ?? new Set())
      .map((character) => start + character)
      .filter(
        (name) =>
          compareNames(name, low) > 0 && (high === undefined || compareNames(name, high) < 0),
      );
    const name = names[names.length >> 1];
    return name !== undefined && isWellFormed(name) ? { name, position } : undefined;
  }

  return {
    note(names) {
      const step = Math.max(1, Math.floor(names.length / SAMPLE));
      for (let at = 0; at < names.length; at += step) {
        const key = names[at]?.key ?? '';
        const end = Math.min(key.length, prefix.length + POSITIONS);
        for (let i = prefix.length; i < end; i += 1) noteAt(i, key.charAt(i));
      }
    },
    between(low, high, position = -1) {
      // As numbers are counted on: where no character can follow, the one in front of it does.
      for (let at = Math.min(position, low.length - 1); at >= prefix.length; at -= 1) {
        const cut = cutAt(at, low, high);
        if (cut !== undefined) return cut;
      }
      const end = Math.min(low.length, prefix.length + POSITIONS);
      for (let at = prefix.length; at < end; at += 1) {
        const cut = isVaried(at) ? cutAt(at, low, high) : undefined;
        if (cut !== undefined) return cut;
      }
      return undefined;
    },
  };
}

/** The characters and the others of their kinds, in order. */
function likely(noted: ReadonlySet<string>): readonly string[] {
  const all = new Set(noted);
  for (const kind of KINDS)
    if ([...kind].some((character) => noted.has(character)))
      for (const character of kind) all.add(character);
  return [...all].sort(compareNames);
}
