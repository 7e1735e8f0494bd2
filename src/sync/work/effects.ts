import type { ExpectedContent } from '../../drivers/capabilities.js';
import { printable } from '../../printable.js';
import type { ObjectName } from '../../state/object-index.js';
import type { LocalEntry, RelativePath } from '../../watcher/entry.js';
import type { ContentClass } from '../content-class.js';
import { FileChangedError } from '../file-errors.js';
import { SMALL_FILE } from '../plain-upload.js';
import type { FileContent, FileReader } from '../source/file-reader.js';
import type { ReadAttributes } from '../source/read-attributes.js';
import type { Confirmed, Inspected, ObjectStore, PutWhere } from '../store/object-store.js';
import type { PlanParts } from '../store/put-file.js';

/**
 * All that a job does to files and to the container. Effects know no index, no ledger, no guard and no retries: another
 * process that has the same source and container, and nothing else, can carry them out. The job's own process decides,
 * asks the guard, fills the trash and writes the mark before it gives an order, and records the answer after it
 * (`books.ts`). All calls reject with the errors of FileReader and of the driver.
 */
export interface Effects
  extends Pick<
    ObjectStore,
    | 'canCopy'
    | 'reportsMd5'
    | 'mayBeLarger'
    | 'head'
    | 'beginning'
    | 'metadataOf'
    | 'remove'
    | 'removeAll'
  > {
  /** The file's content and digest when it is small; of a large one the digest alone, in parts of `partSize` bytes as well. */
  read(entry: LocalEntry, partSize?: number): Promise<FileContent>;
  /** The content class of the file's beginning. */
  look(entry: LocalEntry): Promise<ContentClass>;
  /** The file or folder with those of its extended attributes that its object can have, and why others are skipped. */
  withAttributes(entry: LocalEntry): Promise<AttributedEntry>;
  /** See ObjectStore.inspect. */
  inspect(name: ObjectName, entry: LocalEntry, signal: AbortSignal): Promise<Inspected>;
  /**
   * Sends exactly the version of the file that the order names. Resolves once the provider's digest was compared (P2).
   * Rejects with FileChangedError or SourceChangedError when the file is another version or has other content.
   */
  send(order: SendOrder, atHand: AtHand, signal: AbortSignal): Promise<Confirmed>;
  /** See ObjectStore.copy. */
  copy(order: CopyOrder, signal: AbortSignal): Promise<Confirmed | undefined>;
}

export interface AttributedEntry {
  readonly entry: LocalEntry;
  /** Undefined: none are skipped. */
  readonly skipped: string | undefined;
}

/** "Make the object of this file": plain data, which any process can be sent (see plain-facts.ts for JSON). */
export interface SendOrder {
  readonly name: ObjectName;
  readonly entry: LocalEntry;
  /** Hex, of the content, where it is known already. */
  readonly md5: string | undefined;
  readonly where: PutWhere;
}

/** "Make the object `name` out of the object `from`": plain data. */
export interface CopyOrder {
  readonly from: ObjectName;
  /** May be `from`: then only its metadata changes. */
  readonly name: ObjectName;
  /** The file whose metadata it gets. */
  readonly entry: LocalEntry;
  readonly expected: ExpectedContent;
  readonly where: PutWhere;
}

/** What the process that gives an order can hand over when it carries it out itself. Without it nothing else is done, but again. */
export interface AtHand {
  /** The content of a small file, if it was read already. */
  readonly bytes?: Uint8Array | undefined;
  /** Continues, and remembers, an upload in parts. Missing: each attempt begins at the first part. */
  readonly planParts?: PlanParts | undefined;
}

export interface EffectsOptions {
  readonly store: ObjectStore;
  readonly reader: Omit<FileReader, 'close'>;
  /** Where a path below the source is on this machine. */
  readonly absolute: (path: RelativePath) => string;
  /** Ends the hashing of large files. */
  readonly drain: AbortSignal;
}

/** Effects in this process. */
export function openEffects({ store, reader, absolute, drain }: EffectsOptions): Effects {
  return {
    canCopy: store.canCopy,
    reportsMd5: store.reportsMd5,
    mayBeLarger: store.mayBeLarger,
    head: store.head,
    beginning: store.beginning,
    metadataOf: store.metadataOf,
    remove: store.remove,
    removeAll: store.removeAll,
    read(entry, partSize) {
      const path = absolute(entry.path);
      return entry.size <= SMALL_FILE && partSize === undefined
        ? reader.read(path, entry)
        : reader.hash(path, entry, partSize, drain);
    },
    look: (entry) => reader.look(absolute(entry.path), entry),
    withAttributes: async (entry) =>
      attributed(entry, await reader.attributes(absolute(entry.path), entry), store),
    inspect: (name, entry, signal) => store.inspect(name, entry, absolute(entry.path), signal),
    async send({ name, entry, md5, where }, { bytes, planParts }, signal) {
      const path = absolute(entry.path);
      if (entry.size > SMALL_FILE)
        return store.putFile(name, entry, path, { md5, where, planParts }, signal);
      const content =
        bytes !== undefined && md5 !== undefined ? { bytes, md5 } : await reader.read(path, entry);
      // Its stat is that of the order, but the order knows other content: it was written to within one tick of the clock.
      if (md5 !== undefined && content.md5 !== md5) throw new FileChangedError(path);
      return store.putBytes(name, entry, content, where, signal);
    },
    copy: ({ from, name, entry, expected, where }, signal) =>
      store.copy(from, name, entry, expected, where, signal),
  };
}

/** See Effects.withAttributes. */
export function attributed(
  entry: LocalEntry,
  { attributes, unreadable }: ReadAttributes,
  store: Pick<ObjectStore, 'fitAttributes'>,
): AttributedEntry {
  const { kept, skipped } = store.fitAttributes(attributes);
  const tooMany =
    skipped.length === 0
      ? undefined
      : `the metadata of its object has no room for ${skipped.map(printable).join(', ')}`;
  return { entry: { ...entry, attributes: kept }, skipped: unreadable ?? tooMany };
}
