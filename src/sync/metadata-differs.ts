import { isCopiedTime } from '../file-time.js';
import type { ObjectRecord } from '../state/object-index.js';
import type { LocalEntry } from '../watcher/entry.js';
import { hasOtherAttributes, type KeptAttributes } from './file-attributes.js';
import { hasOtherLinks } from './linked-file.js';

/** What is kept with an object beside its content, and so is worth a metadata update of its own. */
export interface KeptMetadata extends KeptAttributes {
  readonly mtime: boolean;
  readonly mode: boolean;
  readonly owner: boolean;
  /** Where the provider reports no MD5 of the whole content, objects have it in their metadata. */
  readonly md5?: boolean;
  /** Objects of files with several names say so: see linked-file.ts. */
  readonly hardlinks?: boolean;
}

/** Whether the object of a file is to have other metadata than when it was recorded. */
export function metadataDiffers(
  entry: LocalEntry,
  known: ObjectRecord,
  policy: { readonly metadata: KeptMetadata },
): boolean {
  const { metadata } = policy;
  return (
    hasOtherLinks(entry, known, policy) ||
    hasOtherAttributes(entry, known) ||
    (metadata.mtime && !isCopiedTime(entry.mtimeNs, known.mtimeNs)) ||
    (metadata.mode && entry.mode !== known.mode) ||
    (metadata.owner && (entry.uid !== known.uid || entry.gid !== known.gid))
  );
}
