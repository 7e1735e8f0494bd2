import type { ObjectIndex, ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { SourceView } from '../source/source-view.js';

/**
 * Whether a file that is gone from one name is there under another, and its content safely mirrored: then deleting the
 * object under the old name loses nothing. A file that was changed on the way has another digest and is not meant.
 */
export function isMoved(
  name: ObjectName,
  record: ObjectRecord,
  index: Pick<ObjectIndex, 'get' | 'namesOfInode'>,
  source: Pick<SourceView, 'lookFor'>,
): boolean {
  return index.namesOfInode(record.inode).some((other) => {
    if (other === name || record.md5 === '') return false;
    const now = index.get(other);
    if (now?.state !== 'confirmed' || now.md5 !== record.md5 || now.size !== record.size) return false;
    const look = source.lookFor(other);
    return look.found === 'entry' && look.entry.inode === record.inode;
  });
}
