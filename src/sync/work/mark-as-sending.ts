import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry } from '../../watcher/entry.js';
import { isOfOurs } from '../decide.js';
import type { MarkedContent } from './books.js';
import type { MirrorContext } from './mirror-context.js';

/**
 * Writes the mark of an object that is about to be sent. An earlier upload of other content that was never confirmed may have
 * left an object, and the new mark replaces the one that says whose it is: the object is looked at first, and the new mark
 * has its ETag. Rejects as a HEAD and the index do; no byte may go out then.
 */
export async function markAsSending(
  name: ObjectName,
  entry: LocalEntry,
  content: MarkedContent,
  { index, effects, books, drain }: Pick<MirrorContext, 'index' | 'effects' | 'books' | 'drain'>,
): Promise<void> {
  const mark = index.get(name);
  if (mark?.state !== 'sending' || isOfContent(mark, entry, content))
    return books.mark(name, entry, content);
  const there = await effects.head(name, drain);
  const isOurs = typeof there === 'object' && isOfOurs(mark, there);
  return books.mark(name, entry, content, isOurs ? there.etag : undefined);
}

/** Whether the mark recognises the object that is about to be sent. */
function isOfContent(
  mark: ObjectRecord,
  { size, mtimeNs }: LocalEntry,
  { md5 }: MarkedContent,
): boolean {
  if (mark.md5 !== '' && md5 !== undefined) return mark.md5 === md5;
  return mark.md5 === '' && md5 === undefined && mark.size === size && mark.mtimeNs === mtimeNs;
}
