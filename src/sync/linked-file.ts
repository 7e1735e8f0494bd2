import type { ObjectRecord } from '../state/object-index.js';
import type { LocalEntry } from '../watcher/entry.js';

/** Whether objects of files with several names say so. */
export interface LinkPolicy {
  readonly metadata: { readonly hardlinks?: boolean };
}

/**
 * The metadata key of objects whose files are one file with several names (hard links): its inode, in decimal. Objects of one
 * mirror with the same value, content and time were one file. No other tool has a convention for it.
 */
export const LINK_KEY = 'hardlink';

/** Whether the object of this file is to say that the file has other names. */
export function isRecordedLink(
  { kind, links }: Pick<LocalEntry, 'kind' | 'links'>,
  { metadata }: LinkPolicy,
): boolean {
  return metadata.hardlinks === true && kind === 'file' && links !== undefined;
}

/** Whether the object of a recorded file says something else of its other names than is so. */
export function hasOtherLinks(
  entry: LocalEntry,
  { hardLink, inode }: ObjectRecord,
  policy: LinkPolicy,
): boolean {
  if (policy.metadata.hardlinks !== true) return false;
  const isLinked = isRecordedLink(entry, policy);
  return isLinked !== (hardLink === true) || (isLinked && entry.inode !== inode);
}

/** The value of LINK_KEY in an object's metadata; undefined: it has none, or one of another form. */
export function linkGroupIn({
  [LINK_KEY]: value,
}: Readonly<Record<string, string>>): string | undefined {
  return value !== undefined && /^\d{1,20}$/.test(value) ? value : undefined;
}
