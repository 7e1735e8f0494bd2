import fc from 'fast-check';
import type { RemoteFact } from '../../../src/sync/decide.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { MIRROR } from '../records.js';

export const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

export function entry(path: string, size: number): LocalEntry {
  return {
    path,
    kind: 'file',
    size,
    mtimeNs: 1n,
    ctimeNs: 2n,
    inode: 3n,
    mode: 0o644,
    uid: 0,
    gid: 0,
  };
}

export function fact(size: number): RemoteFact {
  return { size, md5: EMPTY_MD5, inspected: false };
}

export const name = fc.oneof(
  fc.constantFrom('a', 'a-', 'a/b', 'a0', 'b', '\uffff', '\u{10000}', 'é'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
);
export const side = fc
  .uniqueArray(fc.tuple(name, fc.nat({ max: 1 })), { selector: ([name]) => name, maxLength: 12 })
  .map((sizes) => new Map(sizes));
export const anyPolicy = fc.record({
  overwrite: fc.constantFrom('always' as const, 'never' as const),
  extraneous: fc.constantFrom('keep' as const, 'report' as const, 'delete' as const),
  deletes: fc.constantFrom('mirror' as const, 'keep' as const),
  metadata: fc.constant(MIRROR.metadata),
});
