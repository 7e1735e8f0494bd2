import type { IndexView, ObjectName, ObjectRecord } from '../state/object-index.js';
import type { RelativePath } from '../watcher/entry.js';
import { compareNames } from '../watcher/path.js';
import type { Naming } from './naming.js';
import { type IndexSide, openIndexSide } from './sides.js';

/** A view of the index that can be exchanged for a newer one while it is read. */
export interface IndexWindow {
  /** What is known at and below a path, in order. */
  readonly side: IndexSide;
  get(name: ObjectName): ObjectRecord | undefined;
  /** Opens the index anew; `side` goes on where it was. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

export async function openIndexWindow(open: () => Promise<IndexView>, under: RelativePath, naming: Naming): Promise<IndexWindow> {
  let view = await open();
  try {
    const side = openIndexSide(entriesAt(view, under, naming));
    return {
      side,
      get: (name) => view.get(name),
      async renew() {
        const newer = await open();
        side.release();
        await view.close();
        view = newer;
        side.resume((last) => entriesAt(view, under, naming, last));
      },
      async close() {
        side.release();
        await view.close();
      },
    };
  } catch (error) {
    await view.close();
    throw error;
  }
}

type Entry = readonly [ObjectName, ObjectRecord];

function entriesAt(view: IndexView, under: RelativePath, naming: Naming, after?: ObjectName): Iterator<Entry> {
  const range = after === undefined ? {} : { after };
  return under === '' ? view.entries(range)[Symbol.iterator]() : atAndBelow(view, under, naming, range);
}

function* atAndBelow(view: IndexView, path: RelativePath, naming: Naming, range: { readonly after?: ObjectName }): Generator<Entry, void> {
  for (const name of naming.namesAt(path)) {
    const record = range.after === undefined || compareNames(range.after, name) < 0 ? view.get(name) : undefined;
    if (record !== undefined) yield [name, record];
  }
  yield* view.entries({ ...range, prefix: `${path}/` });
}
