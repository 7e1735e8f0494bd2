import { indexEntry } from '../../src/state/index-entry.js';
import type { IndexView, ObjectName, ObjectRecord } from '../../src/state/object-index.js';
import type { Policy } from '../../src/sync/decide.js';
import { compareNames } from '../../src/utf8-order.js';
import type { LocalEntry } from '../../src/watcher/entry.js';
import { isInRange } from '../../src/watcher/name-range.js';

export const MIRROR: Policy = {
  overwrite: 'always',
  extraneous: 'report',
  deletes: 'mirror',
  metadata: { mtime: true, mode: false, owner: false },
};

/** What is kept of a file once it was sent, long enough after its last change. */
export function recordOf({ path: _, ...stat }: LocalEntry): ObjectRecord {
  return {
    ...stat,
    state: 'confirmed',
    md5: 'd41d8cd98f00b204e9800998ecf8427e',
    hashedAtMs: Number(stat.ctimeNs / 1_000_000n) + 60_000,
  };
}

/** An index in memory, in the order of bytes. */
export function viewOf(records: ReadonlyMap<ObjectName, ObjectRecord>): IndexView {
  const names = [...records.keys()].sort(compareNames);
  return {
    *entries({ prefix = '', ...range } = {}) {
      for (const name of names) {
        const record = records.get(name);
        if (record && name.startsWith(prefix) && isInRange(range, name))
          yield indexEntry(name, record);
      }
    },
    get: (name) => records.get(name),
    close: async () => {},
  };
}
