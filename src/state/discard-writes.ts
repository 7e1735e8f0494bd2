import type { Ledger } from './ledger.js';
import type { ObjectIndex } from './object-index.js';

/** The same index, which remembers nothing new: what a dry run works with. */
export function forgetfulIndex(index: ObjectIndex): ObjectIndex {
  return {
    engine: index.engine,
    get: index.get,
    getAll: index.getAll,
    entries: index.entries,
    namesOfInode: index.namesOfInode,
    nameAfter: index.nameAfter,
    count: index.count,
    put: async () => {},
    putAll: async () => {},
    remove: async () => {},
    removeAll: async () => {},
    flush: async () => {},
    close: index.close,
  };
}

export function forgetfulLedger(ledger: Ledger): Ledger {
  return { read: ledger.read, update: async () => {}, close: ledger.close };
}
