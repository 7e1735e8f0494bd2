import type { IndexEntry, IndexView, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { RelativePath } from '../../watcher/entry.js';
import { isInRange, type NameRange } from '../../watcher/name-range.js';
import type { Naming } from '../naming.js';
import { type IndexSide, openIndexSide } from './sides.js';

/** A view of the index that can be exchanged for a newer one while it is read. */
export interface IndexWindow {
  /** What is known at and below a path, in order. */
  readonly side: IndexSide;
  get(name: ObjectName): ObjectRecord | undefined;
  /** Opens the present version of the index; `side` goes on where it was. */
  renew(): Promise<void>;
  /** Lets go of the index until `renew`: while a view is open LMDB cannot use the space again of what is overwritten. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

export async function openIndexWindow(
  open: () => Promise<IndexView>,
  under: RelativePath,
  within: NameRange,
  naming: Naming,
): Promise<IndexWindow> {
  let view = await open();
  let resting = false;
  async function rest(side: IndexSide): Promise<void> {
    if (resting) return;
    resting = true;
    side.release();
    await view.close();
  }
  try {
    const side = openIndexSide(entriesAt(view, under, naming, within));
    return {
      side,
      get: (name) => view.get(name),
      async renew() {
        const newer = await open();
        await rest(side);
        view = newer;
        resting = false;
        side.resume((last) => entriesAt(view, under, naming, { ...within, after: last }));
      },
      rest: () => rest(side),
      close: () => rest(side),
    };
  } catch (error) {
    await view.close();
    throw error;
  }
}

function entriesAt(
  view: IndexView,
  under: RelativePath,
  naming: Naming,
  range: NameRange,
): Iterator<IndexEntry> {
  return under === ''
    ? view.entries(range)[Symbol.iterator]()
    : atAndBelow(view, under, naming, range);
}

function* atAndBelow(
  view: IndexView,
  path: RelativePath,
  naming: Naming,
  range: NameRange,
): Generator<IndexEntry, void> {
  for (const name of naming.namesAt(path)) {
    if (!isInRange(range, name) || name.startsWith(`${path}/`)) continue;
    yield* view.entries({ prefix: name, upTo: name });
  }
  yield* view.entries({ ...range, prefix: `${path}/` });
}
