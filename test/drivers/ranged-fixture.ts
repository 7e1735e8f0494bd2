import type { ObjectInfo, ObjectPage, PageRequest } from '../../src/drivers/call.js';
import { keysUpTo } from '../../src/drivers/key-range.js';
import { pageOf } from '../../src/drivers/memory/listing.js';
import { type RangedOptions, rangedPages } from '../../src/drivers/ranged-pages.js';
import { onAbort } from '../../src/signal.js';
import { compareNames } from '../../src/utf8-order.js';

export const infoOf = (key: string): ObjectInfo => ({
  container: 'c',
  key,
  size: 0,
  checksums: [],
  metaData: {},
  extra: {},
});

/** A container whose listing is answered page by page when the test says so. */
export class ListedContainer {
  #keys: readonly string[];
  readonly #waiting: (() => void)[] = [];
  requests = 0;
  mostUnderWay = 0;
  mostHeld = 0;
  /** Names on one page, at the most. */
  pageLimit = 1000;
  atOnce = 32;
  /** Called with each request, before it is answered; what it throws is the answer. */
  onRequest: (page: PageRequest) => void = () => {};
  #given = 0;
  #answered = 0;

  constructor(keys: Iterable<string>) {
    this.#keys = [...new Set(keys)].sort(compareNames);
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  add(key: string): void {
    this.#keys = [...new Set([...this.#keys, key])].sort(compareNames);
  }

  remove(key: string): void {
    this.#keys = this.#keys.filter((each) => each !== key);
  }

  get underWay(): number {
    return this.#waiting.length;
  }

  /** Answers all requests that are under way, or one of them; then those that follow from the answers are made. */
  async answer(at?: number): Promise<void> {
    const answered = at === undefined ? this.#waiting.splice(0) : this.#waiting.splice(at, 1);
    for (const run of answered) run();
    await new Promise(setImmediate);
  }

  readonly list = async (page: PageRequest, { signal }: { readonly signal: AbortSignal }) => {
    signal.throwIfAborted();
    this.requests += 1;
    const answer = new Promise<void>((resolve, reject) => {
      this.#waiting.push(resolve);
      onAbort(signal, () => reject(signal.reason));
    });
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#waiting.length);
    this.mostHeld = Math.max(this.mostHeld, this.#waiting.length + this.#answered - this.#given);
    await answer;
    this.onRequest(page);
    const given = this.#pageOf(page);
    if (given.items.length > 0) this.#answered += 1;
    return given;
  };

  #pageOf(page: PageRequest): ObjectPage {
    const size = Math.min(page.size ?? this.pageLimit, this.pageLimit);
    const { items, next } = pageOf(this.#keys, '', { ...page, size }, infoOf);
    return { items: keysUpTo(items, page.range ?? {}), next };
  }

  /** The names of the listing, page by page. */
  async *pages(
    options: Omit<RangedOptions, 'signal'> & {
      readonly signal?: AbortSignal;
      prefix?: string;
    } = {},
  ): AsyncGenerator<readonly string[], void> {
    const source = {
      driver: 'test',
      prefix: options.prefix ?? '',
      pagesAtOnce: () => this.atOnce,
      list: this.list,
      keep: ({ items }: ObjectPage) => items.map(({ key }) => key),
    };
    const { signal = new AbortController().signal } = options;
    for await (const page of rangedPages(source, { ...options, signal })) {
      this.#given += 1;
      yield page;
    }
  }
}
