import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SearchAnswer } from './schema-search.js';

/** A mirror whose object names can be looked through. */
export interface SearchedMirror {
  readonly mirror: string;
  /** In the order of the index, those after this one; undefined: all. Holds a cursor open until it is left. */
  namesAfter(after: string | undefined): Iterable<string>;
}

export interface SearchOptions {
  /** A part of the name, in any case. */
  readonly words: string;
  /** Where an earlier answer has ended: its `next`. */
  readonly from: SearchPlace | undefined;
  /** Names of one answer. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Where a search goes on: after a name of a mirror, or, where that is undefined, at its first one. */
export interface SearchPlace {
  readonly mirror: string;
  readonly after: string | undefined;
}

/** Names that one answer looks at. */
export const MOST_LOOKED = 100_000;
/** Names between two turns of the event loop: some milliseconds. */
const SLICE = 1_000;

/**
 * Finds the objects whose name has a part in it. One answer looks at a bounded number of names, in slices between which other
 * work goes on, and says where the next one is to begin. Rejects with the signal's reason.
 */
export async function searchNames(
  mirrors: readonly SearchedMirror[],
  { words, from, limit, signal }: SearchOptions,
): Promise<SearchAnswer> {
  const wanted = folded(words);
  const names: { mirror: string; name: string }[] = [];
  let looked = 0;
  let place = from ?? firstOf(mirrors);
  while (place !== undefined && names.length < limit && looked < MOST_LOOKED) {
    signal.throwIfAborted();
    const { mirror, after } = place;
    const searched = mirrors.find((one) => one.mirror === mirror);
    const slice = searched === undefined ? NOTHING : sliceOf(searched, after, limit - names.length);
    looked += slice.looked;
    names.push(...slice.found.map((name) => ({ mirror, name })));
    place = slice.last === undefined ? following(mirrors, mirror) : { mirror, after: slice.last };
    await nextTurn();
  }
  return { names, more: place !== undefined, next: place === undefined ? null : textOf(place) };

  function sliceOf(searched: SearchedMirror, after: string | undefined, most: number): Slice {
    const found: string[] = [];
    let count = 0;
    for (const name of searched.namesAfter(after)) {
      count += 1;
      if (folded(name).includes(wanted)) found.push(name);
      if (count >= SLICE || found.length >= most) return { found, looked: count, last: name };
    }
    return { found, looked: count, last: undefined };
  }
}

interface Slice {
  readonly found: readonly string[];
  readonly looked: number;
  /** Undefined: there are no more. */
  readonly last: string | undefined;
}

const NOTHING: Slice = { found: [], looked: 0, last: undefined };

const ASCII = /^[\0-\x7f]*$/;

/** Without the difference of cases, and of the ways to write an accent (Unicode Standard Annex 15). */
function folded(text: string): string {
  return (ASCII.test(text) ? text : text.normalize('NFC')).toLowerCase();
}

function firstOf(mirrors: readonly SearchedMirror[]): SearchPlace | undefined {
  const [first] = mirrors;
  return first && { mirror: first.mirror, after: undefined };
}

function following(mirrors: readonly SearchedMirror[], mirror: string): SearchPlace | undefined {
  const at = mirrors.findIndex((one) => one.mirror === mirror);
  return at < 0 ? undefined : firstOf(mirrors.slice(at + 1));
}

/** A mirror's name has no slash. */
function textOf({ mirror, after = '' }: SearchPlace): string {
  return `${mirror}/${after}`;
}

/** The place that `next` of an answer says; undefined: it is none. */
export function searchPlaceIn(text: string): SearchPlace | undefined {
  const slash = text.indexOf('/');
  if (slash <= 0) return undefined;
  const after = text.slice(slash + 1);
  return { mirror: text.slice(0, slash), after: after === '' ? undefined : after };
}
