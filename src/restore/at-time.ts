import type { ObjectName } from '../state/object-index.js';
import { compareNames } from '../utf8-order.js';
import type { RestoreSource } from './restore-context.js';

/** What the container itself says of a name at a time. */
export interface StoredAt {
  readonly name: ObjectName;
  /** Undefined: it was deleted by then. */
  readonly source: RestoreSource | undefined;
  /** Whether versions say it, which the trash cannot contradict. */
  readonly isVersion: boolean;
  /** The object was stored after the time. It counts if its file was not modified since: see unmodifiedSince. */
  readonly isLater?: true;
}

/**
 * The content that a name had at a time. A version of that time is that content. Without one it is what was trashed first
 * after the time, as it was there until then; and without that the object that was stored by then and is there still.
 */
export function contentAt(
  stored: StoredAt | undefined,
  trashed: RestoreSource | undefined,
): RestoreSource | undefined {
  return stored?.isVersion === true ? stored.source : (trashed ?? stored?.source);
}

/**
 * Merges what the container says with what was trashed first after the time, both in the order of names and with each name
 * once, into the content of each name.
 */
export async function* contentsAt(
  stored: AsyncIterable<StoredAt>,
  trashed: AsyncIterable<RestoreSource>,
): AsyncGenerator<RestoreSource, void> {
  const [left, right] = [stored[Symbol.asyncIterator](), trashed[Symbol.asyncIterator]()];
  try {
    let [a, b] = [await left.next(), await right.next()];
    while (!a.done || !b.done) {
      const order = a.done ? 1 : b.done ? -1 : compareNames(a.value.name, b.value.name);
      const one = order <= 0 && !a.done ? a.value : undefined;
      const other = order >= 0 && !b.done ? b.value : undefined;
      const content = contentAt(one, other);
      if (content !== undefined) yield content;
      if (one !== undefined) a = await left.next();
      if (other !== undefined) b = await right.next();
    }
  } finally {
    await Promise.all([left.return?.(), right.return?.()]);
  }
}
