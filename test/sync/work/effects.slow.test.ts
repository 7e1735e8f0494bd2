import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lstatPath } from '../../../src/file-stat.js';
import { openIndex } from '../../../src/state/open-index.js';
import { SMALL_FILE } from '../../../src/sync/plain-upload.js';
import type { Confirmed } from '../../../src/sync/store/object-store.js';
import type { UnfinishedUploads } from '../../../src/sync/uploads/unfinished-uploads.js';
import { openBooks } from '../../../src/sync/work/books.js';
import { plainEntry } from '../../../src/sync/work/plain-facts.js';
import { confirmedRecord } from '../../../src/sync/work/record-of.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { temporaryFolder } from '../../world/folder.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';

const { signal } = new AbortController();
const policy = {
  overwrite: 'always',
  extraneous: 'keep',
  deletes: 'mirror',
  metadata: { mtime: true, mode: true, owner: false },
} as const;

function entryAt(folder: string, path: string): LocalEntry {
  const { size, mtimeNs, ctimeNs, ino: inode, mode } = lstatPath(join(folder, path));
  const stat = { size: Number(size), mtimeNs, ctimeNs, inode, mode: Number(mode) & 0o7777 };
  return { path, kind: 'file', ...stat, uid: 0, gid: 0 };
}

/** A source and a container, and a process that has these two and nothing else. Orders and answers cross as JSON. */
function worker() {
  const folder = temporaryFolder('effects');
  const source = join(folder, 'source');
  const root = join(folder, 'target');
  mkdirSync(source);
  mkdirSync(join(root, 'c'), { recursive: true });
  return {
    folder,
    source,
    object: (name: string) => join(root, 'c', 'p', name),
    async carryOut(order: object): Promise<unknown> {
      const child = fork(new URL('./effects-child.js', import.meta.url), [root, source]);
      onTestFinished(() => void child.kill('SIGKILL'));
      child.send(order);
      const [answer] = await once(child, 'message');
      return answer;
    },
  };
}

test('P5: effects: a process without an index sends what was marked, and its answer is what is recorded', async () => {
  const { folder, source, object, carryOut } = worker();
  const index = await openIndex({ engine: 'lmdb', folder });
  onTestFinished(() => index.close());
  const books = openBooks({
    index,
    uploads: { isIdle: () => true } as unknown as UnfinishedUploads,
    orphans: { abort: async () => {} },
    aside: undefined,
  });
  for (const [name, size] of [
    ['small', 11],
    ['large', SMALL_FILE + 1],
  ] as const) {
    writeFileSync(join(source, name), Buffer.alloc(size, name));
    const entry = entryAt(source, name);
    const content = { md5: undefined, looks: 'ordinary', hashedAtMs: Date.now() } as const;
    await books.mark(name, entry, content);
    expect(index.get(name)).toMatchObject({ state: 'sending', md5: '' });
    const order = { name, entry: plainEntry(entry), where: 'anywhere' };
    const confirmed = (await carryOut(order)) as Confirmed;
    expect(readFileSync(object(name))).toEqual(readFileSync(join(source, name)));
    const record = confirmedRecord(entry, confirmed, content, policy);
    const done = { outcome: 'done', job: 'upload_object', why: 'new', bytes: size } as const;
    await books.record(name, { ...done, entry: { record } }, signal);
    expect(index.get(name)).toMatchObject({ state: 'confirmed', size, md5: confirmed.md5 });
  }
});

test.each([
  ['is another version', { mtimeNs: '1' }, 'FileChangedError'],
  ['has other content than the order says', { md5: '0'.repeat(32) }, 'FileChangedError'],
  ['is gone', { path: 'gone' }, 'FileChangedError'],
])('P3: effects: nothing is sent for a file that %s', async (_which, change, error) => {
  const { source, object, carryOut } = worker();
  writeFileSync(join(source, 'a'), 'content');
  const { md5, ...stat } = { md5: undefined, ...change };
  const entry = { ...plainEntry(entryAt(source, 'a')), ...stat };
  expect(await carryOut({ name: 'a', entry, md5, where: 'anywhere' })).toEqual({ error });
  expect(() => statSync(object('a'))).toThrow('ENOENT');
});

test('P5: books: the index says sending while bytes go out, and confirmed after the answer', async () => {
  const states: (string | undefined)[] = [];
  const { mirror, write, run } = await openMirrorFixture({
    wrap: (backend) => ({
      ...backend,
      putObject(ref, body, options, call) {
        states.push(mirror.parts.index.get('a')?.state);
        return backend.putObject(ref, body, options, call);
      },
    }),
  });
  write('a');
  await run('reconcile');
  expect([...states, mirror.parts.index.get('a')?.state]).toEqual(['sending', 'confirmed']);
});
