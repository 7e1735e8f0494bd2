import type { Page, PageRequest } from './call.js';
import { StorageError } from './errors.js';

/** All items of a listing, page by page as they are wanted. */
export async function* itemsOfPages<T>(driver: string, list: (page: PageRequest) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  for await (const { items } of pages(driver, list)) yield* items;
}

/**
 * The pages of a listing as they are wanted. A provider that gives the token that it was asked with would be asked for
 * ever; that is an error.
 */
export async function* pages<P extends Page<unknown>>(
  driver: string,
  list: (page: PageRequest) => Promise<P>,
): AsyncGenerator<P, void, undefined> {
  let after: string | undefined;
  while (true) {
    const page = await list(after === undefined ? {} : { after });
    yield page;
    if (page.next === undefined) return;
    if (page.next === after) {
      const token = JSON.stringify(after);
      throw new StorageError(`the listing does not advance: the provider gave the same continuation token again (${token})`, { driver });
    }
    after = page.next;
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
