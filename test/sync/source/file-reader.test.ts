import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOfParts } from '../../../src/parts-digest.js';
import { ACCESS_ACL } from '../../../src/sync/file-attributes.js';
import { FileChangedError, FileUnreadableError } from '../../../src/sync/file-errors.js';
import {
  contentClassAt,
  FILE_CHANGED,
  FILE_READ,
  FILE_UNREADABLE,
  md5sOf,
} from '../../../src/sync/source/batch-content.js';
import { type FileReader, openFileReader } from '../../../src/sync/source/file-reader.js';
import { packBatch } from '../../../src/sync/upload-batch.js';
import type { LocalEntry } from '../../../src/watcher/entry.js';
import { ciphertext } from '../../ciphertext.js';
import { aclFor, setAttribute } from '../../world/attributes.js';
import { createFolder, removeFolder } from '../../world/folder.js';

let folder: string;
let reader: FileReader;
const never = new AbortController().signal;

beforeAll(() => {
  folder = createFolder('read');
  reader = openFileReader({ source: folder, follow: false });
});

afterAll(async () => {
  await reader.close();
  removeFolder(folder);
});

function entryOf(name: string): LocalEntry {
  const stat = lstatSync(join(folder, name), { bigint: true });
  const { mtimeNs, ctimeNs, ino } = stat;
  return {
    path: name,
    kind: stat.isSymbolicLink() ? 'symlink' : 'file',
    size: Number(stat.size),
    mtimeNs,
    ctimeNs,
    inode: ino,
    mode: 0o644,
    uid: 0,
    gid: 0,
  };
}

function write(name: string, content: string | Buffer): LocalEntry {
  writeFileSync(join(folder, name), content);
  return entryOf(name);
}

const md5 = (content: string | Buffer) => createHash('md5').update(content).digest('hex');

describe('reading files in another thread', () => {
  test('gives content and digest, of many files at once, empty ones and links as well', async () => {
    const files = Array.from({ length: 300 }, (_, at) => ({
      name: `many-${at}`,
      content: 'x'.repeat(at * 37),
    }));
    const entries = files.map(({ name, content }) => write(name, content));
    const read = await Promise.all(
      entries.map((entry) => reader.read(join(folder, entry.path), entry)),
    );
    read.forEach((answer, at) => {
      expect(Buffer.from(answer.bytes).toString()).toBe(files[at]?.content);
      expect(answer.md5).toBe(md5(files[at]?.content ?? ''));
    });
    symlinkSync('over/there', join(folder, 'link'));
    const link = await reader.read(join(folder, 'link'), entryOf('link'));
    expect(Buffer.from(link.bytes).toString()).toBe('over/there');
  });

  test('hashes a large file without holding it', async () => {
    const content = Buffer.alloc(3_000_001, 'longshore');
    const entry = write('large', content);
    expect(await reader.hash(join(folder, 'large'), entry, undefined, never)).toMatchObject({
      md5: md5(content),
    });
    const parts = [content.subarray(0, 1_000_000), content.subarray(1_000_000, 2_000_000)];
    parts.push(content.subarray(2_000_000, 3_000_000), content.subarray(3_000_000));
    const hex = digestOfParts(parts.map((part) => md5(part)));
    expect(await reader.hash(join(folder, 'large'), entry, 1_000_000, never)).toMatchObject({
      md5: md5(content),
      md5Parts: { partSize: 1_000_000, hex },
    });
  });

  test.runIf(existsSync('/proc/self/fd'))(
    'leaves no file open, not even one that it refuses',
    async () => {
      const entries = Array.from({ length: 100 }, (_, at) =>
        write(`closed-${at}`, `content ${at}`),
      );
      const readAll = (size: number) =>
        Promise.allSettled(
          entries.map((entry) => reader.read(join(folder, entry.path), { ...entry, size })),
        );
      await readAll(0); // of another size than expected
      const before = readdirSync('/proc/self/fd').length;
      expect((await readAll(0)).every(({ status }) => status === 'rejected')).toBe(true);
      expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + entries.length / 2);
    },
  );

  test('classifies content by its beginning alone, and a link not at all', async () => {
    const random = ciphertext(64 * 1024);
    const text = Buffer.alloc(1024 * 1024, 'plain text '); // what follows is the beginning of whatever is read at once
    const [encrypted, ordinary] = [
      write('encrypted', random),
      write('ordinary', Buffer.concat([text, random])),
    ];
    for (const [entry, looks] of [
      [encrypted, 'random'],
      [ordinary, 'ordinary'],
    ] as const) {
      const path = join(folder, entry.path);
      expect(await reader.read(path, entry)).toMatchObject({ looks });
      expect(await reader.hash(path, entry, undefined, never)).toMatchObject({ looks });
      expect(await reader.look(path, entry)).toBe(looks);
    }
    symlinkSync('='.repeat(200), join(folder, 'blank link'));
    expect(await reader.read(join(folder, 'blank link'), entryOf('blank link'))).toMatchObject({
      looks: 'ordinary',
    });
  });

  test.each<[string, (path: string) => void]>([
    ['grew', (path) => appendFileSync(path, 'more')],
    ['shrank', (path) => truncateSync(path, 1)],
    ['was rewritten with the same size', (path) => writeFileSync(path, 'CONTENT')],
    [
      'was replaced',
      (path) => {
        writeFileSync(`${path}.new`, 'content');
        renameSync(`${path}.new`, path);
      },
    ],
    ['vanished', (path) => rmSync(path)],
    ['became a folder', (path) => execFileSync('sh', ['-c', 'rm "$0" && mkdir "$0"', path])],
    [
      'became a link',
      (path) => execFileSync('sh', ['-c', 'rm "$0" && ln -s /etc/hostname "$0"', path]),
    ],
    ['became a FIFO', (path) => execFileSync('sh', ['-c', 'rm "$0" && mkfifo "$0"', path])],
  ])('P3: a file that %s since its stat is not read', async (what, change) => {
    const name = `changed ${what}`;
    const entry = write(name, 'content');
    change(join(folder, name));
    await expect(reader.read(join(folder, name), entry)).rejects.toThrow(FileChangedError);
    await expect(reader.hash(join(folder, name), entry, undefined, never)).rejects.toThrow(
      FileChangedError,
    );
  });

  test.each<[string, (path: string, entry: LocalEntry) => Promise<unknown>]>([
    ['read', (path, entry) => reader.read(path, entry)],
    ['hashed', (path, entry) => reader.hash(path, entry, undefined, never)],
    ['looked at', (path, entry) => reader.look(path, entry)],
  ])(
    'P3: what is found through a link that took the place of a folder is not %s, though the file itself is the expected one',
    async (what, use) => {
      const [place, other] = [join(folder, `place ${what}`), join(folder, `other ${what}`)];
      mkdirSync(other);
      const entry = write(`other ${what}/file`, 'content');
      await expect(use(join(other, 'file'), entry)).resolves.toBeDefined();
      symlinkSync(other, place);
      await expect(use(join(place, 'file'), entry)).rejects.toThrow(FileChangedError);
      symlinkSync('there', join(other, 'link'));
      const link = entryOf(`other ${what}/link`);
      expect(await reader.read(join(other, 'link'), link)).toMatchObject({ md5: md5('there') });
      await expect(reader.read(join(place, 'link'), link)).rejects.toThrow(FileChangedError);
    },
  );

  test('the path of the source may be a link', async () => {
    const given = join(folder, 'by a link');
    mkdirSync(join(folder, 'linked'));
    symlinkSync('linked', given);
    const entry = write('linked/file', 'content');
    const own = openFileReader({ source: given, follow: false });
    try {
      expect(await own.read(join(given, 'file'), entry)).toMatchObject({ md5: md5('content') });
    } finally {
      await own.close();
    }
  });

  test('with symlinks: follow files are read through links, but not outside of the source', async () => {
    const [source, given] = [join(folder, 'followed'), join(folder, 'configured')];
    mkdirSync(join(source, 'inside'), { recursive: true });
    const [inside, outside] = [
      write('followed/inside/file', 'inside'),
      write('outside', 'outside'),
    ];
    symlinkSync('inside', join(source, 'to inside'));
    symlinkSync(folder, join(source, 'to outside'));
    symlinkSync(source, given);
    const following = openFileReader({ source: given, follow: true });
    try {
      expect(await following.read(join(given, 'to inside/file'), inside)).toMatchObject({
        md5: md5('inside'),
      });
      await expect(following.read(join(given, 'to outside/outside'), outside)).rejects.toThrow(
        FileChangedError,
      );
    } finally {
      await following.close();
    }
  });

  describe('extended attributes', () => {
    let own: FileReader;
    beforeAll(() => {
      own = openFileReader({ source: folder, follow: false, attributes: { xattr: true } });
    });
    afterAll(() => own.close());
    const base64 = (text: string) => Buffer.from(text).toString('base64');

    test('those that are kept are read, of files and of folders', async () => {
      write('attributed', 'content');
      mkdirSync(join(folder, 'attributed folder'));
      for (const name of ['attributed', 'attributed folder']) {
        setAttribute(join(folder, name), 'user.a', 'first');
        setAttribute(join(folder, name), 'user.B', 'second');
        setAttribute(join(folder, name), ACCESS_ACL, aclFor(1, 7));
        const entry = entryOf(name);
        const isFolder = name.endsWith('folder');
        const seen = isFolder ? { ...entry, kind: 'folder' as const, size: 0 } : entry;
        expect(await own.attributes(join(folder, name), seen)).toMatchObject({
          attributes: { 'user.B': base64('second'), 'user.a': base64('first') },
        });
      }
    });

    test('P3: those of another version than the expected one are not read', async () => {
      const entry = write('other attributes', 'content');
      setAttribute(join(folder, 'other attributes'), 'user.a', 'later');
      const changed = own.attributes(join(folder, 'other attributes'), entry);
      await expect(changed).rejects.toThrow(FileChangedError);
    });

    test('P3: they are not read through a link', async () => {
      const entry = write('linked attributes', 'content');
      symlinkSync('linked attributes', join(folder, 'link to attributes'));
      const through = own.attributes(join(folder, 'link to attributes'), entry);
      await expect(through).rejects.toThrow(FileChangedError);
    });

    test('with a batch, those of each file are read along with its content', async () => {
      write('in a batch', 'content');
      setAttribute(join(folder, 'in a batch'), 'user.a', 'first');
      const files = [
        { entry: entryOf('in a batch'), why: 'new' as const, listed: 'absent' as const },
        { entry: write('beside it', 'content'), why: 'new' as const, listed: 'absent' as const },
      ];
      const { attributes } = await own.readAll(packBatch(files));
      expect(attributes.map((read) => read?.attributes)).toEqual([
        { 'user.a': base64('first') },
        {},
      ]);
    });
  });

  test('P8: a file that cannot be read fails with the reason of the system, and the others are read', async () => {
    const good = write('good', 'good');
    const folderAsFile = { ...entryOf('.'), path: '.' };
    const [bad, fine] = await Promise.allSettled([
      reader.read(folder, folderAsFile),
      reader.read(join(folder, 'good'), good),
    ]);
    expect(bad.status).toBe('rejected');
    expect(bad.status === 'rejected' && bad.reason).toBeInstanceOf(FileUnreadableError);
    expect(bad.status === 'rejected' && bad.reason).toMatchObject({ code: 'EISDIR' });
    expect(fine).toMatchObject({ status: 'fulfilled', value: { md5: md5('good') } });
  });
});

function textOf(memory: SharedArrayBuffer, bytes: number): string {
  return Buffer.from(memory, 0, bytes).toString();
}

describe('reading a batch of files in another thread', () => {
  const batchOf = (entries: readonly LocalEntry[]) =>
    packBatch(entries.map((entry) => ({ entry, why: 'new', listed: 'absent' })));

  test('P3: gives the content, digest and class of each file, and a state to those that are not what they were', async () => {
    const secret = ciphertext(5_000);
    const first = write('batch-1', 'first');
    const changed = write('batch-2', 'second');
    writeFileSync(join(folder, 'batch-2'), 'other content');
    const empty = write('batch-3', '');
    const gone = write('batch-4', 'gone');
    rmSync(join(folder, 'batch-4'));
    const encrypted = write('batch-5', secret);
    const read = await reader.readAll(batchOf([first, changed, empty, gone, encrypted]));
    expect([...read.states]).toEqual([
      FILE_READ,
      FILE_CHANGED,
      FILE_READ,
      FILE_UNREADABLE,
      FILE_READ,
    ]);
    const content = Buffer.from(read.content);
    expect(content.subarray(0, 5).toString()).toBe('first');
    const before = 'firstsecondgone'.length;
    expect(content.subarray(before, before + 5_000).equals(secret)).toBe(true);
    expect([0, 2, 4].map(md5sOf(read))).toEqual([md5('first'), md5(''), md5(secret)]);
    expect([0, 2, 4].map((row) => contentClassAt(read, row))).toEqual([
      'ordinary',
      'blank',
      'random',
    ]);
  });

  test('P3: reads nothing through a symbolic link that has taken the place of a folder', async () => {
    mkdirSync(join(folder, 'batch-dir'));
    const inside = write('batch-dir/file', 'inside');
    renameSync(join(folder, 'batch-dir'), join(folder, 'batch-elsewhere'));
    symlinkSync('batch-elsewhere', join(folder, 'batch-dir'));
    const read = await reader.readAll(batchOf([inside]));
    expect([...read.states]).toEqual([FILE_CHANGED]);
  });

  test('the memory of a batch is read into again once it is free, and no sooner', async () => {
    const own = openFileReader({ source: folder, follow: false });
    const [one, two, three] = ['one', 'two', 'three'].map((name) => write(`memory-${name}`, name));
    if (!one || !two || !three) throw new Error('unreachable');
    const first = await own.readAll(batchOf([one]));
    const second = await own.readAll(batchOf([two]));
    expect(textOf(first.content, 3)).toBe('one');
    own.release(first);
    const third = await own.readAll(batchOf([three]));
    expect([textOf(first.content, 5), textOf(second.content, 3)]).toEqual(['three', 'two']);
    expect(textOf(third.content, 5)).toBe('three');
    await own.close();
  });
});
