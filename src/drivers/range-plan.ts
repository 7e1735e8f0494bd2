import { compareNames, isWellFormed } from '../utf8-order.js';
import type { ObjectPage } from './call.js';
import { nameGuesser } from './cut-names.js';

/** A name about `count` places after `after` (undefined: after the beginning); undefined: no names are known there. */
export type CutAfter = (after: string | undefined, count: number) => string | undefined;

/** One range of a listing: what was read of it, and how it goes on. `T`: what is kept of a page until its turn comes. */
export interface ListingRange<T> {
  readonly after: string | undefined;
  /** Undefined: it ends with the container. It ends earlier once the range was cut. */
  upTo: string | undefined;
  /** Pages that were read and wait for their turn, each with its last name. */
  readonly kept: { readonly value: T; readonly last: string }[];
  state: 'waiting' | 'reading' | 'over' | 'failed';
  /** Why it has failed. */
  error: unknown;
  /** The first and the last name that were read. */
  first: string | undefined;
  last: string | undefined;
  pagesRead: number;
  namesRead: number;
  /** Names that it should have; undefined: it was guessed, or was cut. */
  planned: number | undefined;
  /** It is worth a cut when it goes on after so many pages. */
  readonly longAfter: number;
  /** What was cut off from its end last. */
  cutOff: ListingRange<T> | undefined;
  /** The character that a cut should change; see NameGuesser. */
  readonly position: number | undefined;
}

/** Names in one page of a range: what S3 gives at the most. */
export const RANGE_PAGE = 1000;
/** Of a page, how much a range is planned for, so that a few names that were not known need no second one. */
const PLANNED = 0.95;
/** How much fewer or more than that, where the container has others than those that are known. */
const LARGEST_STEP = 32;
const SMALLEST_STEP = 0.1;
/** Pages of one range that wait for their turn. */
const MOST_KEPT = 2;
/** Pages for which a range that waits for its turn keeps room, so that those behind it do not take all. */
const RESERVED = 8;
/** Pages that a range goes on for, by the distance of names, from which on it is cut; and below which one page is cut off. */
const WORTH_A_CUT = 1.3;
const FEW_PAGES = 16;
/** Guessed ranges may cost so many requests, and half as many again as the listing takes page by page. */
const FREE_REQUESTS = 16;

/**
 * Which range of a listing is to be read next. Those in front come first, as their pages are wanted first. Where names are known,
 * a range has as many of them as a page. One that goes on longer, and what nothing is known of, is cut while it is listed, at a
 * name between the last one that was read and the end.
 */
export class RangePlan<T> {
  /** In order. Undefined: what is behind them has not been planned yet. */
  readonly #ranges: ListingRange<T>[] = [];
  readonly #cutAfter: CutAfter;
  readonly #pageSize: number;
  readonly #planSize: number;
  readonly #guesser: ReturnType<typeof nameGuesser>;
  /** Where the next range begins; `whole`: every name is in one. */
  #planned: { readonly upTo: string | undefined } | 'whole' = { upTo: undefined };
  /** Names that the next range is planned for. */
  #step: number;
  #requests = 0;
  #names = 0;

  /** `pageSize`: names that are asked for at once. */
  constructor(prefix: string, cutAfter: CutAfter, pageSize: number) {
    this.#pageSize = pageSize;
    this.#planSize = PLANNED * pageSize;
    this.#step = this.#planSize;
    this.#cutAfter = cutAfter;
    this.#guesser = nameGuesser(prefix);
  }

  /** The range whose page is wanted next; undefined: the listing is over. */
  head(): ListingRange<T> | undefined {
    while (this.#ranges[0]?.state === 'over' && this.#ranges[0].kept.length === 0)
      this.#ranges.shift();
    return this.#ranges[0] ?? this.#plan();
  }

  /** Undefined: nothing is to be read before a page was taken or has come. `most`: pages that may wait or be under way. */
  next(most: number): ListingRange<T> | undefined {
    const head = this.head();
    if (head === undefined) return undefined;
    let room = most - this.#pagesHeld();
    if (room <= 0) return isIdle(head) && head.kept.length === 0 ? head : undefined;
    for (let at = 0; at < this.#ranges.length && room > 0; at += 1) {
      const range = this.#ranges[at];
      if (range === undefined || range.state === 'failed') return undefined;
      if (!isIdle(range)) continue;
      if (this.#isLong(range)) this.#cut(range, at);
      if (range.kept.length < MOST_KEPT) return range;
      room -= RESERVED;
    }
    if (room <= 0) return undefined;
    // The first answer says whether the container can be listed at all.
    return this.#requests === 0 ? undefined : this.#plan();
  }

  /** A page of the range has come. */
  read(range: ListingRange<T>, { items, next }: ObjectPage, value: T): void {
    const last = copyOf(items.at(-1)?.key);
    this.#guesser.note(items);
    this.#requests += 1;
    this.#names += items.length;
    range.pagesRead += 1;
    range.namesRead += items.length;
    range.first ??= copyOf(items[0]?.key);
    range.last = last ?? range.last;
    range.state = next === undefined ? 'over' : 'waiting';
    if (last !== undefined) range.kept.push({ value, last });
    if (range.planned !== undefined) this.#adapt(range.planned, range);
  }

  /** Plans the next ranges for as many known names as this one shows to be on a page. */
  #adapt(planned: number, { state, pagesRead, namesRead }: ListingRange<T>): void {
    let step = this.#step;
    if (state === 'over')
      step = (planned * this.#planSize) / Math.max(namesRead, this.#planSize / 2);
    else if (pagesRead === 1) step = Math.min(step, planned / 2);
    this.#step = Math.min(
      LARGEST_STEP * this.#planSize,
      Math.max(SMALLEST_STEP * this.#planSize, step),
    );
  }

  #pagesHeld(): number {
    let held = 0;
    for (const { kept, state } of this.#ranges) held += kept.length + (state === 'reading' ? 1 : 0);
    return held;
  }

  #plan(): ListingRange<T> | undefined {
    if (this.#planned === 'whole') return undefined;
    const after = this.#planned.upTo;
    const cut = this.#cutAfter(after, Math.max(1, Math.round(this.#step)));
    const isKnown =
      cut !== undefined &&
      isWellFormed(cut) &&
      (after === undefined || compareNames(cut, after) > 0);
    const upTo = isKnown ? cut : undefined;
    this.#planned = isKnown ? { upTo } : 'whole';
    const range = newRange<T>({
      after,
      upTo,
      planned: isKnown ? this.#step : undefined,
      longAfter: isKnown ? 4 : 2,
      position: undefined,
    });
    this.#ranges.push(range);
    return range;
  }

  /** One cut at a time: what was cut off before says whether the guess was a good one. */
  #isLong({ pagesRead, longAfter, cutOff, last }: ListingRange<T>): boolean {
    return (
      last !== undefined &&
      pagesRead >= longAfter &&
      (cutOff === undefined || cutOff.pagesRead > 0) &&
      this.#requests < FREE_REQUESTS + (1.5 * this.#names) / this.#pageSize
    );
  }

  #cut(range: ListingRange<T>, at: number): void {
    const { first, last, upTo, namesRead } = range;
    if (first === undefined || last === undefined) return;
    if (upTo === undefined) {
      const cut = this.#guesser.beyond(last, range.position);
      if (cut !== undefined) this.#cutOff(range, at, cut.name, cut.position - 1);
      return;
    }
    const pages = (namesRead * (this.#guesser.stretch(first, last, upTo) ?? 2)) / this.#planSize;
    if (pages < WORTH_A_CUT) return;
    const cut = this.#guesser.between(last, upTo, pages < FEW_PAGES ? 1 / pages : 0.5);
    if (cut !== undefined) this.#cutOff(range, at, cut, undefined);
  }

  #cutOff(range: ListingRange<T>, at: number, name: string, position: number | undefined): void {
    const behind = newRange<T>({
      after: name,
      upTo: range.upTo,
      planned: undefined,
      longAfter: 1,
      position,
    });
    range.upTo = name;
    range.cutOff = behind;
    range.planned = undefined;
    this.#ranges.splice(at + 1, 0, behind);
  }
}

/** The engine keeps the whole text that a name was cut from, here an answer of some 300 KiB, as long as the name. */
function copyOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : Buffer.from(name).toString();
}

function isIdle({ state }: ListingRange<unknown>): boolean {
  return state === 'waiting';
}

function newRange<T>(
  start: Pick<ListingRange<T>, 'after' | 'upTo' | 'planned' | 'longAfter' | 'position'>,
): ListingRange<T> {
  return {
    ...start,
    kept: [],
    state: 'waiting',
    error: undefined,
    first: undefined,
    last: undefined,
    pagesRead: 0,
    namesRead: 0,
    cutOff: undefined,
  };
}
