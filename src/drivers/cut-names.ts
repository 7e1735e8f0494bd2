import { compareNames, isWellFormed } from '../utf8-order.js';

/** Positions behind the prefix at which characters are noted; what differs further back makes no difference to a cut. */
const POSITIONS = 200;
/** Of a page, so many names are noted. */
const SAMPLE = 20;
/** Positions behind those that two names share that are looked at to measure how far they are from each other. */
const DEPTH = 12;
/** Names that count, or are words, have other characters of the same kind, too. */
const KINDS: readonly string[] = [
  '0123456789',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  'abcdefghijklmnopqrstuvwxyz',
];
/** Of so many different ones of a kind, those between the first and the last are all that there are. */
const ENOUGH = 5;

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
   * A name after `low`, where there may be any number of others. It changes the character at `position`, or where that cannot be
   * one in front of it, or else, and by default, the first one in which the noted names differ. Undefined: there is no good guess.
   */
  beyond(low: string, position?: number): Cut | undefined;
  /**
   * How many times as far `high` is from `low` as `low` is from `first`, were names spread evenly. All three in order. Undefined:
   * that cannot be measured.
   */
  stretch(first: string, low: string, high: string): number | undefined;
  /** A name that lies this fraction of the way from `low` to `high`; undefined: there is no good guess. */
  between(low: string, high: string, fraction: number): string | undefined;
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

  /** In order. Where all names have one character, it is the only one. */
  function alphabetAt(position: number): readonly string[] {
    const characters = noted[position] ?? new Set<string>();
    return isVaried(position) ? likely(characters) : [...characters];
  }

  function cutAt(position: number, low: string): Cut | undefined {
    const start = low.slice(0, position);
    const names = likely(noted[position] ?? new Set())
      .map((character) => start + character)
      .filter((name) => compareNames(name, low) > 0);
    const name = names[names.length >> 1];
    return name !== undefined && isWellFormed(name) ? { name, position } : undefined;
  }

  /** From 0 to 1: where a name lies among those that share its first `base` characters. */
  function placeOf(name: string, base: number): number {
    let place = 0;
    let width = 1;
    const end = Math.min(name.length, base + DEPTH);
    for (let at = base; at < end; at += 1) {
      const alphabet = alphabetAt(at);
      const character = name.charAt(at);
      const before = alphabet.filter((each) => compareNames(each, character) < 0).length;
      width /= Math.max(1, alphabet.length);
      place += width * before;
    }
    return place;
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
    beyond(low, position = -1) {
      // As numbers are counted on: where no character can follow, the one in front of it does.
      for (let at = Math.min(position, low.length - 1); at >= prefix.length; at -= 1) {
        const cut = cutAt(at, low);
        if (cut !== undefined) return cut;
      }
      const end = Math.min(low.length, prefix.length + POSITIONS);
      for (let at = prefix.length; at < end; at += 1) {
        const cut = isVaried(at) ? cutAt(at, low) : undefined;
        if (cut !== undefined) return cut;
      }
      return undefined;
    },
    stretch(first, low, high) {
      const base = shared(first, high);
      const place = placeOf(low, base);
      const read = place - placeOf(first, base);
      return read > 0 ? (placeOf(high, base) - place) / read : undefined;
    },
    between(low, high, fraction) {
      const base = shared(low, high);
      const from = placeOf(low, base);
      const distance = placeOf(high, base) - from;
      let rest = from + distance * fraction;
      let width = 1;
      let name = low.slice(0, base);
      // Until the name is as exact as makes a difference.
      for (let at = base; at < base + DEPTH && width > distance / 100; at += 1) {
        const alphabet = alphabetAt(at);
        width /= Math.max(1, alphabet.length);
        const index = Math.min(alphabet.length - 1, Math.floor(rest / width));
        name += alphabet[index] ?? '';
        rest -= index * width;
      }
      const isBetween = compareNames(name, low) > 0 && compareNames(name, high) < 0;
      return isBetween && isWellFormed(name) ? name : undefined;
    },
  };
}

/** How many characters two names have in common at their beginning. */
function shared(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charAt(at) === b.charAt(at)) at += 1;
  return at;
}

/** The characters and the others of their kinds, in order. */
function likely(noted: ReadonlySet<string>): readonly string[] {
  const all = new Set(noted);
  for (const kind of KINDS) {
    const places = [...kind].flatMap((character, at) => (noted.has(character) ? at : []));
    const isKnown = places.length >= ENOUGH;
    const [first, end] = isKnown ? [places[0], (places.at(-1) ?? 0) + 1] : [0, kind.length];
    if (places.length > 0) for (const character of kind.slice(first, end)) all.add(character);
  }
  return [...all].sort(compareNames);
}
