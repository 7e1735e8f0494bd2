import type { IndexEntry, ObjectName } from '../../state/object-index.js';
import { compareNames } from '../../utf8-order.js';
import type { LocalEntry } from '../../watcher/entry.js';
import type { WalkProblem } from '../../watcher/problem.js';
import type { WalkItem } from '../../watcher/walk.js';
import type { RemoteFact } from '../decide.js';
import type { Naming } from '../naming.js';
import { type ListedContent, type NextPage, type RemoteReader, readPage } from './remote-page.js';

/** A side gave a name before, or twice, after another one. Names would be missed, and taken for gone. */
export class NamesOutOfOrderError extends Error {
  override readonly name = 'NamesOutOfOrderError';

  constructor(side: 'source' | 'index' | 'listing', before: ObjectName, after: ObjectName) {
    const names = `${JSON.stringify(after)} came after ${JSON.stringify(before)}`;
    super(
      `the ${side} is not in the order of UTF-8 bytes (${names}), so it cannot be compared and nothing is deleted`,
    );
  }
}

function checkOrder(
  side: 'source' | 'index' | 'listing',
  before: ObjectName | undefined,
  after: ObjectName,
): ObjectName {
  if (before !== undefined && compareNames(before, after) >= 0)
    throw new NamesOutOfOrderError(side, before, after);
  return after;
}

/** The walk, one item ahead: an entry with its object's name, or a problem. All undefined at the end. */
export interface SourceSide {
  readonly name: ObjectName | undefined;
  readonly entry: LocalEntry | undefined;
  readonly problem: WalkProblem | undefined;
  advance(): void;
}

export function openSourceSide(
  items: Iterator<WalkItem>,
  { nameOf }: Naming,
  passed: (name: ObjectName) => void = () => {},
): SourceSide {
  let last: ObjectName | undefined;
  let name: ObjectName | undefined;
  let entry: LocalEntry | undefined;
  let problem: WalkProblem | undefined;
  const side = {
    get name() {
      return name;
    },
    get entry() {
      return entry;
    },
    get problem() {
      return problem;
    },
    advance() {
      const next = items.next();
      name = entry = problem = undefined;
      if (next.done) return;
      if (next.value.kind === 'problem') {
        problem = next.value;
        return;
      }
      entry = next.value;
      name = last = checkOrder('source', last, nameOf(entry));
      passed(name);
    },
  };
  side.advance();
  return side;
}

type Entries = Iterator<IndexEntry>;

export interface IndexSide {
  readonly name: ObjectName | undefined;
  readonly entry: IndexEntry | undefined;
  advance(): void;
  /** Gives the index's cursor back. Until `resume` the side may be looked at, but not advanced. */
  release(): void;
  /** Goes on with the entries after what was read last. */
  resume(entriesAfter: (last: ObjectName) => Entries): void;
}

export function openIndexSide(first: Entries): IndexSide {
  let entries = first;
  let name: ObjectName | undefined;
  let entry: IndexEntry | undefined;
  const side: IndexSide = {
    get name() {
      return name;
    },
    get entry() {
      return entry;
    },
    advance() {
      const next = entries.next();
      entry = next.done ? undefined : next.value;
      name = entry && checkOrder('index', name, entry.name);
    },
    release: () => void entries.return?.(),
    resume(entriesAfter) {
      if (name !== undefined) entries = entriesAfter(name);
    },
  };
  side.advance();
  return side;
}

export interface ListingSide extends ListedContent {
  readonly name: ObjectName | undefined;
  fact(): RemoteFact;
  /** A promise only where a page ends: then nothing is known before it resolves. */
  advance(): Promise<void> | undefined;
}

/** `nameOf`: what an object is called below the mirror's prefix; undefined: it is none of the mirror's. */
export async function openListingSide(
  nextPage: NextPage,
  nameOf: (key: string) => ObjectName | undefined,
): Promise<ListingSide> {
  let reader: RemoteReader | undefined;
  let name: ObjectName | undefined;
  /** False when the page has no more of them. */
  const step = (): boolean => {
    while (reader?.next()) {
      const next = nameOf(reader.key);
      if (next === undefined) continue;
      name = checkOrder('listing', name, next);
      return true;
    }
    return false;
  };
  const turn = async () => {
    do {
      const page = await nextPage();
      reader = page && readPage(page);
    } while (reader !== undefined && !step());
    if (reader === undefined) name = undefined;
  };
  const current = (): RemoteReader => {
    if (reader === undefined) throw new RangeError('the listing has ended');
    return reader;
  };
  await turn();
  return {
    get name() {
      return name;
    },
    get size() {
      return current().size;
    },
    get md5() {
      return current().md5;
    },
    fact: () => current().fact(),
    advance() {
      return step() ? undefined : turn();
    },
  };
}
