import type { Clock } from '../clock.js';
import { childController, orAborted } from '../signal.js';
import { compareNames } from '../utf8-order.js';
import type { Call, ObjectPage, PageRequest } from './call.js';
import { RangeIgnoredError } from './errors.js';
import { pages } from './pages.js';
import { type CutAfter, type ListingRange, RANGE_PAGE, RangePlan } from './range-plan.js';

/** A listing that can be had in ranges. */
export interface RangedSource<T extends object> {
  readonly driver: string;
  /** What all names begin with. */
  readonly prefix: string;
  /** See Capabilities; asked before each request. */
  readonly pagesAtOnce: () => number;
  /** As Backend.listObjects. */
  list(page: PageRequest, call: Call): Promise<ObjectPage>;
  /** What is kept of a page until its turn comes; called as soon as the page is there. */
  keep(page: ObjectPage): T;
}

export interface RangedOptions {
  /** Default: no names are known. */
  readonly cutAfter?: CutAfter;
  /** Names in one page of a range. Default: 1,000, what S3 gives at the most. */
  readonly pageSize?: number;
  readonly signal: AbortSignal;
  readonly clock?: Pick<Clock, 'sleep'>;
}

/** More pages at once would cost memory, and the thread that reads them is busy by then. */
const MOST_AT_ONCE = 32;

/**
 * The pages of a listing in order. Many are asked for at once, each of a range of its own; see RangePlan. At most twice
 * as many as may be asked for at once, and one, are under way or wait for their turn: 65, which have 1,000 objects each.
 * Rejects as a listing page by page would: with the error of the first range that fails, after the pages before it.
 *
 * A provider that ignores ranges is listed from the beginning, page by page, and the names that were given already are skipped.
 */
export async function* rangedPages<T extends object>(
  source: RangedSource<T>,
  options: RangedOptions,
): AsyncGenerator<T, void, undefined> {
  if (source.pagesAtOnce() <= 1) return yield* pageByPage(source, options, undefined);
  const { controller, unlink } = childController(options.signal);
  const reader = new RangeReader(source, { ...options, signal: controller.signal });
  let last: string | undefined;
  try {
    for (let page = await reader.take(); page !== undefined; page = await reader.take()) {
      ({ last } = page);
      yield page.value;
    }
    return;
  } catch (error) {
    if (!(error instanceof RangeIgnoredError)) throw error;
  } finally {
    controller.abort(new Error('the ranges of the listing are not read any further'));
    unlink();
  }
  yield* pageByPage(source, options, last);
}

async function* pageByPage<T extends object>(
  { driver, list, keep }: RangedSource<T>,
  { signal, clock }: RangedOptions,
  after: string | undefined,
): AsyncGenerator<T, void, undefined> {
  const options = { signal, ...(clock && { clock }) };
  for await (const page of pages(driver, (at) => list(at, { signal }), options)) {
    if (after === undefined) {
      yield keep(page);
      continue;
    }
    const items = page.items.filter(({ key }) => compareNames(key, after) > 0);
    if (items.length > 0) yield keep({ items, next: page.next });
  }
}

/** Reads the ranges of a plan, as many at once as the source allows at the moment. */
class RangeReader<T extends object> {
  readonly #source: RangedSource<T>;
  readonly #options: RangedOptions;
  readonly #plan: RangePlan<T>;
  readonly #pages = new Map<ListingRange<T>, AsyncIterator<ObjectPage, void>>();
  #underWay = 0;
  #wake = () => {};
  /** Why there is no plan any more. */
  #failure: { readonly error: unknown } | undefined;

  constructor(source: RangedSource<T>, options: RangedOptions) {
    this.#source = source;
    this.#options = options;
    this.#plan = new RangePlan(
      source.prefix,
      options.cutAfter ?? (() => undefined),
      options.pageSize ?? RANGE_PAGE,
    );
  }

  /** The next page in order; undefined after the last. */
  async take(): Promise<{ readonly value: T; readonly last: string } | undefined> {
    for (;;) {
      const head = this.#plan.head();
      const page = head?.kept.shift();
      this.#readAhead();
      if (this.#failure) throw this.#failure.error;
      if (page !== undefined || head === undefined) return page;
      if (head.state === 'failed') throw head.error;
      if (head.state !== 'over') await this.#arrival();
    }
  }

  #arrival(): Promise<void> {
    const arrived = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    return orAborted(arrived, this.#options.signal);
  }

  /** Never throws: it runs when a page has come, too. */
  #readAhead(): void {
    if (this.#options.signal.aborted || this.#failure) return;
    try {
      for (let range = this.#next(); range !== undefined; range = this.#next())
        void this.#read(range);
    } catch (error) {
      this.#failure = { error };
    }
  }

  #next(): ListingRange<T> | undefined {
    const atOnce = Math.max(1, Math.min(MOST_AT_ONCE, this.#source.pagesAtOnce()));
    return this.#underWay < atOnce ? this.#plan.next(2 * atOnce) : undefined;
  }

  /** Never rejects. */
  async #read(range: ListingRange<T>): Promise<void> {
    range.state = 'reading';
    this.#underWay += 1;
    try {
      const step = await orAborted(this.#pagesOf(range).next(), this.#options.signal);
      if (step.done) range.state = 'over';
      else this.#plan.read(range, step.value, this.#source.keep(step.value));
    } catch (error) {
      range.state = 'failed';
      range.error = error;
    }
    this.#underWay -= 1;
    this.#dropIfOver(range);
    this.#readAhead();
    this.#wake();
  }

  #dropIfOver(range: ListingRange<T>): void {
    if (range.state !== 'waiting') this.#pages.delete(range);
  }

  #pagesOf(range: ListingRange<T>): AsyncIterator<ObjectPage, void> {
    const { driver, list } = this.#source;
    const { signal } = this.#options;
    const { after } = range;
    const open = () =>
      pages(
        driver,
        (at) =>
          list(
            {
              ...at,
              size: this.#options.pageSize ?? RANGE_PAGE,
              range: { after, upTo: range.upTo },
            },
            { signal },
          ),
        this.#options,
      );
    const opened = this.#pages.get(range) ?? open();
    this.#pages.set(range, opened);
    return opened;
  }
}
