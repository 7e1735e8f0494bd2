import { describe, expect, test } from 'vitest';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import { isMoved } from '../../../src/sync/guard/moved.js';
import type { Look } from '../../../src/sync/source/source-view.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { record } from '../../state/fixtures.js';

const OLD = record({ inode: 7n, size: 3, md5: 'a'.repeat(32) });
const HERE: Look = { found: 'entry', entry: { inode: 7n } as LocalEntry };

/** Whether the file of `old` counts as moved, where its inode is known under `names`, and `new` has this record and this look. */
function moved(now: ObjectRecord | undefined, look: Look, { old = OLD, names = ['new'] } = {}): boolean {
  const index = { namesOfInode: () => names, get: (name: string) => (name === 'new' ? now : old) };
  return isMoved('old', old, index, { lookFor: (name) => (name === 'new' ? look : HERE) });
}

describe('P4: a file that is gone counts as moved', () => {
  test('when it is there under another name, and its content is mirrored there', () => {
    expect(moved(OLD, HERE)).toBe(true);
    expect(moved(OLD, HERE, { names: ['old', 'new'] })).toBe(true);
  });

  test.each<readonly [string, () => boolean]>([
    ['its own name is all that is known of it', () => moved(OLD, HERE, { names: ['old'] })],
    ['no name is known', () => moved(OLD, HERE, { names: [] })],
    ['its digest is not known', () => moved({ ...OLD, md5: '' }, HERE, { old: { ...OLD, md5: '' } })],
    ['nothing is mirrored under the other name', () => moved(undefined, HERE)],
    ['its content is only being sent', () => moved({ ...OLD, state: 'sending' }, HERE)],
    ['the other content is another one', () => moved({ ...OLD, md5: 'b'.repeat(32) }, HERE)],
    ['the other content has another size', () => moved({ ...OLD, size: 4 }, HERE)],
    ['the other name has no file any more', () => moved(OLD, { found: 'nothing' })],
    ['nobody can see the other file', () => moved(OLD, { found: 'unknown', reason: 'unreadable', detail: '' })],
    ['the other name is that of another file by now', () => moved(OLD, { found: 'entry', entry: { inode: 8n } as LocalEntry })],
  ])('not when %s', (_what, run) => expect(run()).toBe(false));
});
