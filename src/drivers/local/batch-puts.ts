import { hash } from 'node:crypto';
import { failpoint } from '../../failpoint.js';
import type { Change } from './change.js';
import { codeOf, type Failure, GONE, isFull, Refusal, toFailure } from './failure.js';
import { keepFolderTimes } from './folder-objects.js';
import type { Folders } from './folders.js';
import {
  type BatchOrder,
  NO_PERMISSIONS,
  readCondition,
  SKIPPED,
  type Ticket,
} from './protocol.js';
import { type Content, type Destination, publish } from './puts.js';
import type { About, FileAttributes } from './record.js';
import type { RecordedObject } from './records.js';
import type { Store } from './store.js';
import { removeTemporary, writeTemporary } from './temporary.js';

/** The position of an object in its batch, and why it was not stored. */
type Failed = readonly [number, Failure];

/** An object whose temporary file is written. */
interface Written extends Content, Pick<Destination, 'key' | 'about' | 'precondition'> {
  readonly at: number;
}

/**
 * Writes the temporary files of a batch. Returns the change that puts them into place, one after the other, and answers with
 * those that failed: alone, or on a full disk with all that come after them. Throws when the root or the container is gone.
 */
export function putObjects(
  store: Store,
  folders: Folders,
  order: BatchOrder,
  ticket: Ticket,
): Change {
  const container = store.container(order.container);
  store.writableRecords(); // a root that cannot be written to refuses here, before any byte
  const incoming = store.incoming(container);
  const failed: Failed[] = [];
  const written: Written[] = [];
  const discard = () => {
    for (const { path } of written) removeTemporary(path);
  };
  const write = ({ at, key, md5, about, precondition, attributes, bytes }: Received) => {
    const actual = hash('md5', bytes);
    if (actual !== md5) throw new Refusal({ kind: 'hash', key, expected: md5, actual });
    const temporary = writeTemporary(incoming, bytes, attributes);
    written.push({ at, key, about, precondition, md5, ...temporary });
  };
  try {
    forEachAlone(objectsOf(order), failed, write);
  } catch (error) {
    discard();
    throw error;
  }
  failpoint('local: temporary file written, not synced');

  return {
    ticket,
    contents: written.map(({ path }) => store.dirty(container, path)),
    publish() {
      const changed = new Set<string>();
      const failedBefore = failed.length;
      const stored: RecordedObject[] = [];
      const put = (object: Written) => {
        const { key, about, precondition } = object;
        const destination = { container: order.container, key, about, precondition };
        const { record } = publish(store, folders, destination, object, changed);
        stored.push({ key, record });
        failpoint('local: one of a group renamed, the others not');
      };
      try {
        forEachAlone(written, failed, put);
      } finally {
        store.writableRecords().putAll(order.container, stored);
        keepFolderTimes(store, order.container, changed);
      }
      if (failed.length > failedBefore) discard();
      return { answer: failed, dirty: [...changed].map((path) => store.dirty(container, path)) };
    },
    discard,
  };
}

/** An object as it has come. */
interface Received {
  readonly at: number;
  readonly key: string;
  readonly md5: string;
  readonly about: About;
  readonly precondition: Destination['precondition'];
  readonly attributes: FileAttributes;
  readonly bytes: Uint8Array;
}

function* objectsOf(order: BatchOrder): Generator<Received, void> {
  const { permissions, starts, sizes, memory } = order;
  const keys = order.keys.split('\0');
  const abouts = order.abouts.split('\n') as About[];
  const md5s = order.md5s.split(' ');
  const mtimes = order.mtimes.split(' ');
  const conditions = order.conditions === '' ? [] : order.conditions.split('\0');
  for (let at = 0; at < sizes.length; at += 1) {
    const size = sizes[at] ?? SKIPPED;
    const mode = permissions[at] ?? NO_PERMISSIONS;
    if (size === SKIPPED) continue;
    yield {
      at,
      key: keys[at] as string,
      md5: md5s[at] as string,
      about: abouts[at] as About,
      precondition: readCondition(conditions[at] ?? ''),
      attributes: {
        mtime: mtimes[at] || undefined,
        permissions: mode === NO_PERMISSIONS ? undefined : mode,
      },
      bytes: new Uint8Array(memory, starts[at], size),
    };
  }
}

function forEachAlone<T extends { readonly at: number }>(
  objects: Iterable<T>,
  failed: Failed[],
  act: (object: T) => void,
): void {
  let full: Failure | undefined;
  for (const object of objects) {
    if (full !== undefined) {
      failed.push([object.at, full]);
      continue;
    }
    try {
      act(object);
    } catch (error) {
      if (isOfAll(error)) throw error;
      const failure = toFailure(error);
      failed.push([object.at, failure]);
      if (isFull(error)) full = failure;
    }
  }
}

/** Whether an error says that no object can be put here. */
function isOfAll(error: unknown): boolean {
  if (error instanceof Refusal) return error.failure.kind === 'no-container';
  return GONE.has(codeOf(error) ?? '');
}
