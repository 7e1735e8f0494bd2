import { type Clock, systemClock } from '../clock.js';
import type { Page, PageRequest } from './call.js';
import { StorageError } from './errors.js';

export interface PagesOptions {
  readonly signal: AbortSignal;
  readonly clock?: Pick<Clock, 'sleep'>;
}

/**
 * Pages in a row that may be empty and not the last: a provider that skips many deleted versions returns some. Before
 * each of them but the first there is a pause, twice as long each time, of LONGEST_PAUSE_MS at the most.
 */
const MOST_EMPTY_PAGES = 100;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 5_000;

/** All items of a listing, page by page as they are wanted. */
export async function* itemsOfPages<T>(
  driver: string,
  list: (page: PageRequest) => Promise<Page<T>>,
  options: PagesOptions,
): AsyncGenerator<T, void, undefined> {
  for await (const { items } of pages(driver, list, options)) yield* items;
}

/**
 * The pages of a listing as they are wanted. A provider that gives the token that it was asked with, or empty pages with new
 * tokens without an end, would be asked without end; that is an error.
 */
export async function* pages<P extends Page<unknown>>(
  driver: string,
  list: (page: PageRequest) => Promise<P>,
  { signal, clock = systemClock }: PagesOptions,
): AsyncGenerator<P, void, undefined> {
  let after: string | undefined;
  let empty = 0;
  while (true) {
    const page = await list(after === undefined ? {} : { after });
    const isEmpty = hasNothing(page); // before the consumer transfers its memory to another thread
    yield page;
    if (page.next === undefined) return;
    if (page.next === after) {
      const token = JSON.stringify(after);
      throw new StorageError(
        `the listing does not advance: the provider gave the same continuation token again (${token})`,
        { driver },
      );
    }
    after = page.next;
    empty = isEmpty ? empty + 1 : 0;
    if (empty === 0) continue;
    if (empty >= MOST_EMPTY_PAGES)
      throw new StorageError(
        `the listing does not end: ${empty} pages in a row were empty, and not the last`,
        {
          driver,
          retry: 'backoff',
        },
      );
    await clock.sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (empty - 1)), signal);
  }
}

/** The items of a packed page are made when they are read. */
function hasNothing(page: Page<unknown> & { readonly packed?: Uint8Array }): boolean {
  return page.packed === undefined ? page.items.length === 0 : page.packed.byteLength === 0;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
