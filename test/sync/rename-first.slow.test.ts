import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import {
  ObjectInTheWayError,
  ObjectTooLargeError,
  StorageError,
} from '../../src/drivers/errors.js';
import {
  type FixtureOptions,
  type MirrorFixture,
  openMirrorFixture,
} from '../world/mirror-in-process.js';

const { signal } = new AbortController();
const settled = ({ mirror }: MirrorFixture) =>
  mirror.pending.whenEmpty(AbortSignal.timeout(60_000));

/** Storage whose puts and copies fail as `fails` says of the key. */
function failing(fails: (key: string) => Error | undefined): NonNullable<FixtureOptions['wrap']> {
  return (backend: Backend): Backend => {
    const refuse = (key: string) => {
      const error = fails(key);
      if (error) throw error;
    };
    const inner = backend.capabilities.copy!;
    const copy: typeof inner = {
      ...inner,
      copyObject: async (from, to, ...rest) => {
        refuse(to.key);
        return inner.copyObject(from, to, ...rest);
      },
    };
    return {
      ...backend,
      capabilities: { ...backend.capabilities, copy },
      putObject: async (ref, ...rest) => {
        refuse(ref.key);
        return backend.putObject(ref, ...rest);
      },
    };
  };
}

function shortNames(backend: Backend): Backend {
  return {
    ...backend,
    capabilities: {
      ...backend.capabilities,
      limits: { ...backend.capabilities.limits, maxKeyBytes: 200 },
    },
  };
}

/** A mirror of `old` and `kept`, and the rename of a path in its source. */
async function open(options: FixtureOptions = {}) {
  const fixture = await openMirrorFixture(options);
  fixture.write('old', 'content');
  fixture.write('kept');
  await fixture.run('reconcile');
  const at = (path: string) => join(fixture.mirror.settings.source, path);
  return { ...fixture, at, mv: (from: string, to: string) => renameSync(at(from), at(to)) };
}

describe('P4: the object under the old name of a file stays, and the run says so, while the new one', () => {
  const withheld = { event: 'skipped', path: 'old', reason: 'delete-withheld' };

  test.each<readonly [string, () => Error]>([
    ['is refused for good', () => new StorageError('no', { driver: 'memory', retry: 'never' })],
    [
      'fails at each attempt',
      () => new StorageError('503', { driver: 'memory', retry: 'backoff' }),
    ],
    ['is too large', () => new ObjectTooLargeError('p/new', 'is too large', { driver: 'memory' })],
  ])('%s', async (_what, error) => {
    let fails = true;
    const fixture = await open({
      wrap: failing((key) => (fails && key === 'p/new' ? error() : undefined)),
    });
    fixture.mv('old', 'new');
    expect((await fixture.run('reconcile')).report).toMatchObject({ deleted: 0, failed: 1 });
    expect(await fixture.objects()).toEqual({ 'p/old': 'content', 'p/kept': 'kept' });
    expect(fixture.events).toContainEqual(expect.objectContaining(withheld));
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: 0, failed: 1 });
    fails = false;
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: 1, failed: 0 });
    expect(await fixture.objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
  });

  test('is quarantined once, and later confirmed: then the delete follows without a scan', async () => {
    let fails = true;
    const refused = new StorageError('no', { driver: 'memory', retry: 'never' });
    const fixture = await open({
      wrap: failing((key) => (fails && key === 'p/new' ? refused : undefined)),
      persistence: { backoff: { firstMs: 1, limitMs: 5 }, attempts: 1, keepsTrying: true },
    });
    fixture.mv('old', 'new');
    await fixture.mirror.intake.hints(['old', 'new']);
    await expect.poll(() => fixture.events).toContainEqual(expect.objectContaining(withheld));
    fails = false;
    await expect.poll(() => fixture.objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
    expect(fixture.mirror.missed.take()).toBe(false);
  });

  test.skipIf(process.getuid?.() === 0)('cannot be read', async () => {
    const fixture = await open();
    fixture.mv('old', 'new');
    appendFileSync(fixture.at('new'), ' and more');
    chmodSync(fixture.at('new'), 0);
    await fixture.run('scan');
    expect(await fixture.objects()).toEqual({ 'p/old': 'content', 'p/kept': 'kept' });
    expect(fixture.events).toContainEqual(expect.objectContaining(withheld));
  });

  test('would replace an object of another client (overwrite: never)', async () => {
    const fixture = await open({
      settings: {
        policy: {
          overwrite: 'never',
          extraneous: 'keep',
          deletes: 'mirror',
          metadata: { mtime: true, mode: true, owner: false },
        },
      },
    });
    const options = { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] };
    const body = { size: 2, replayable: true, open: async function* () { yield Buffer.from('it'); } }; // biome-ignore format: short
    await fixture.storage.putObject({ container: 'c', key: 'p/new' }, body, options, { signal });
    fixture.mv('old', 'new');
    await fixture.run('scan');
    expect(await fixture.objects()).toEqual({
      'p/old': 'content',
      'p/new': 'it',
      'p/kept': 'kept',
    });
    expect(fixture.events).toContainEqual(expect.objectContaining(withheld));
  });

  test.each<
    readonly [string, (how: 'scan' | 'hints') => boolean, (source: string) => string | Buffer]
  >([
    ['is too long', () => true, (source) => join(source, 'x'.repeat(250))],
    ['is one that longshore keeps for itself', () => true, (source) => join(source, '.longshore')],
    [
      'is not UTF-8',
      (how) => how === 'scan',
      (source) => Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0x66, 0xff])]),
    ],
  ])('%s', async (_what, isFoundBy, to) => {
    const fixture = await open({ wrap: shortNames });
    const { source } = fixture.mirror.settings;
    for (const how of ['hints', 'scan'] as const) {
      if (!isFoundBy(how)) continue;
      renameSync(fixture.at('old'), to(source));
      if (how === 'scan') await fixture.run('scan');
      else {
        await fixture.mirror.intake.hints(['old', String(to(''))]);
        await settled(fixture);
      }
      expect(await fixture.objects()).toEqual({ 'p/old': 'content', 'p/kept': 'kept' });
      expect(fixture.events).toContainEqual(expect.objectContaining(withheld));
      renameSync(to(source), fixture.at('old'));
    }
    renameSync(fixture.at('old'), to(source));
    rmSync(to(source));
    await fixture.run('scan');
    expect(await fixture.objects()).toEqual({ 'p/kept': 'kept' });
  });

  test('could not be recorded', async () => {
    const fixture = await open();
    const { index } = fixture.mirror.parts;
    const { put } = index;
    Object.assign(index, {
      put: (...args: Parameters<typeof put>) =>
        args[0] === 'new' ? Promise.reject(new Error('EIO')) : put(...args),
    });
    fixture.mv('old', 'new');
    await fixture.run('scan');
    expect(await fixture.objects()).toMatchObject({ 'p/old': 'content', 'p/kept': 'kept' });
    Object.assign(index, { put });
    await fixture.run('scan');
    expect(await fixture.objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
  });

  test('fails in a daemon, and is deleted as soon as the new one is confirmed', async () => {
    let fails = true;
    const fixture = await open({
      wrap: failing((key) =>
        fails && key === 'p/new'
          ? new StorageError('503', { driver: 'memory', retry: 'backoff' })
          : undefined,
      ),
      persistence: { backoff: { firstMs: 1, limitMs: 5 }, attempts: 2, keepsTrying: true },
    });
    fixture.mv('old', 'new');
    await fixture.mirror.intake.hints(['old', 'new']);
    await settled(fixture);
    expect(fixture.mirror.status(null).quarantined).toHaveLength(1);
    expect(await fixture.objects()).toEqual({ 'p/old': 'content', 'p/kept': 'kept' });
    fails = false;
    await expect.poll(() => fixture.objects()).toEqual({ 'p/new': 'content', 'p/kept': 'kept' });
  });
});

describe('the object under the old name of a file is deleted', () => {
  test('when the file has left the source', async () => {
    const fixture = await open();
    renameSync(fixture.at('old'), `${fixture.mirror.settings.source}-elsewhere`);
    await fixture.mirror.intake.hints(['old']);
    await settled(fixture);
    rmSync(`${fixture.mirror.settings.source}-elsewhere`);
    expect(await fixture.objects()).toEqual({ 'p/kept': 'kept' });
  });

  test('when the file is excluded under its new name', async () => {
    const fixture = await open({ settings: { exclude: ['*.tmp'] } });
    fixture.mv('old', 'old.tmp');
    await fixture.mirror.intake.hints(['old', 'old.tmp']);
    await settled(fixture);
    expect(await fixture.objects()).toEqual({ 'p/kept': 'kept' });
  });

  test('when it was a hard link, as soon as the other name is confirmed', async () => {
    const fixture = await open();
    linkSync(fixture.at('old'), fixture.at('linked'));
    await fixture.run('scan');
    rmSync(fixture.at('old'));
    await fixture.mirror.intake.hints(['old']);
    await settled(fixture);
    expect(await fixture.objects()).toEqual({ 'p/linked': 'content', 'p/kept': 'kept' });
  });

  test('once the scans were made that are due, and not before', async () => {
    const fixture = await open();
    const end = fixture.mirror.scansDue.begin({ sinceMs: Number.NEGATIVE_INFINITY });
    mkdirSync(fixture.at('folder'));
    fixture.mv('old', 'folder/new');
    await fixture.mirror.intake.hints(['old']);
    await expect.poll(() => fixture.mirror.status(null).running).toEqual([]);
    expect(await fixture.objects()).toEqual({ 'p/old': 'content', 'p/kept': 'kept' });
    expect(fixture.mirror.status(null)).toMatchObject({ queued: 1 });
    const before = fixture.faults.calls.filter((call) => call === 'copyObject').length;
    await fixture.mirror.intake.hints(['folder/new']);
    end();
    await settled(fixture);
    expect(await fixture.objects()).toEqual({ 'p/folder/new': 'content', 'p/kept': 'kept' });
    expect(fixture.faults.calls.filter((call) => call === 'copyObject')).toHaveLength(before + 1);
  });
});

/** Watches the container: the contents that some object has, after each change of it. */
function contentsSeen(seen: Set<string>[]): NonNullable<FixtureOptions['wrap']> {
  return (backend) => {
    const look = async () => {
      const { items } = await backend.listObjects('c', 'p/', {}, { signal });
      seen.push(new Set(items.flatMap(({ checksums }) => checksums.map(({ hex }) => hex))));
    };
    const after = async <T>(change: Promise<T>): Promise<T> => {
      const result = await change;
      await look();
      return result;
    };
    const { copy, batchDelete } = backend.capabilities;
    return {
      ...backend,
      capabilities: {
        ...backend.capabilities,
        copy: copy && { ...copy, copyObject: (...args) => after(copy.copyObject(...args)) },
        batchDelete: batchDelete && {
          ...batchDelete,
          deleteObjects: (...args) => after(batchDelete.deleteObjects(...args)),
        },
      },
      putObject: (...args) => after(backend.putObject(...args)),
      deleteObject: (...args) => after(backend.deleteObject(...args)),
    };
  };
}

describe.each(['scan', 'hints'] as const)(
  'P1: content never leaves the container (found by %s), and no byte of it is sent',
  (how) => {
    test.each<
      readonly [
        string,
        (mv: (from: string, to: string) => void, at: (path: string) => string) => void,
        Record<string, string>,
      ]
    >([
      [
        'when a file is renamed',
        (mv) => mv('old', 'new'),
        { 'p/new': 'content', 'p/kept': 'kept' },
      ],
      [
        'when a file is renamed onto another one',
        (mv) => mv('old', 'kept'),
        { 'p/kept': 'content' },
      ],
      [
        'when a log is rotated',
        (mv, at) => {
          mv('old', 'old.1');
          writeFileSync(at('old'), '');
        },
        { 'p/old': '', 'p/old.1': 'content', 'p/kept': 'kept' },
      ],
      [
        'when logs are rotated in a chain',
        (mv, at) => {
          mv('kept', 'z');
          mv('old', 'kept');
          writeFileSync(at('old'), '');
        },
        { 'p/old': '', 'p/kept': 'content', 'p/z': 'kept' },
      ],
      [
        'when a file is renamed twice',
        (mv) => {
          mv('old', 'middle');
          mv('middle', 'z');
        },
        { 'p/z': 'content', 'p/kept': 'kept' },
      ],
    ])('%s', async (_what, change, after) => {
      const seen: Set<string>[] = [];
      const fixture = await open({ wrap: contentsSeen(seen) });
      const before = seen.at(-1) ?? new Set();
      const { totals } = fixture.mirror.status(null);
      seen.length = 0;
      change(fixture.mv, fixture.at);
      if (how === 'scan') await fixture.run('scan');
      else {
        await fixture.mirror.intake.hints(['old', 'kept', 'old.1', 'new', 'middle', 'z']);
        await settled(fixture);
      }
      expect(await fixture.objects()).toEqual(after);
      const expected = Object.values(after).filter((content) => content !== '');
      expect(fixture.mirror.status(null).totals.bytes).toBe(totals.bytes);
      const kept = expected.length === 2 ? [...before] : [];
      for (const contents of seen) for (const md5 of kept) expect(contents).toContain(md5);
    });

    test('when two files swap their names', async () => {
      const seen: Set<string>[] = [];
      const fixture = await open({ wrap: contentsSeen(seen) });
      const before = seen.at(-1) ?? new Set();
      expect(before.size).toBe(2);
      seen.length = 0;
      fixture.mv('old', 'aside');
      fixture.mv('kept', 'old');
      fixture.mv('aside', 'kept');
      if (how === 'scan') await fixture.run('scan');
      else {
        await fixture.mirror.intake.hints(['old', 'kept', 'aside']);
        await settled(fixture);
      }
      expect(await fixture.objects()).toEqual({ 'p/old': 'kept', 'p/kept': 'content' });
      for (const contents of seen) for (const md5 of before) expect(contents).toContain(md5);
      expect(fixture.mirror.parts.ledger.read().setAside).toBeUndefined();
    });
  },
);

test('P1: renames: a content that was set aside stays until its file is mirrored under its new name', async () => {
  // Of the two, the one that is sent last cannot be sent.
  let first: string | undefined;
  let fails = false;
  const fixture = await open({
    wrap: failing((key) => {
      if (!fails || (key !== 'p/old' && key !== 'p/kept')) return undefined;
      first ??= key;
      return key === first
        ? undefined
        : new StorageError('no', { driver: 'memory', retry: 'never' });
    }),
  });
  fixture.mv('old', 'aside');
  fixture.mv('kept', 'old');
  fixture.mv('aside', 'kept');
  fails = true;
  await fixture.run('scan');
  const halfway = await fixture.objects();
  expect(Object.values(halfway), JSON.stringify(halfway)).toContain('content');
  expect(Object.values(halfway)).toContain('kept');
  fails = false;
  await fixture.run('reconcile');
  await fixture.run('reconcile');
  expect(await fixture.objects()).toEqual({ 'p/old': 'kept', 'p/kept': 'content' });
  expect(fixture.mirror.parts.ledger.read().setAside).toBeUndefined();
});

test('renames: a copy that a killed process had set aside is removed by the next run', async () => {
  const fixture = await open();
  const name = '.longshore/aside/left';
  await fixture.storage.putObject(
    { container: 'c', key: `p/${name}` },
    bytesBody(Buffer.from('content')),
    { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] },
    { signal },
  );
  await fixture.mirror.parts.ledger.update((document) => ({
    ...document,
    setAside: [{ name, neededBy: 'old', inode: '1' }],
  }));
  await fixture.run('scan');
  expect(Object.keys(await fixture.objects()).sort()).toEqual(['p/kept', 'p/old']);
  expect(fixture.mirror.parts.ledger.read().setAside).toBeUndefined();
});

test('P1: renames: files that are gone before they are marked leave no object', async () => {
  let open: () => void = () => {};
  let gate = Promise.resolve();
  let waiting = 0;
  const fixture = await openMirrorFixture({
    settings: {
      policy: {
        overwrite: 'always',
        extraneous: 'keep',
        deletes: 'trash',
        metadata: { mtime: true, mode: true, owner: false },
      },
    },
    wrap: (backend) => ({
      ...backend,
      async headObject(...args) {
        waiting += 1;
        await gate;
        return backend.headObject(...args);
      },
    }),
  });
  fixture.write('kept');
  await fixture.run('reconcile');
  gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  waiting = 0;
  const names = ['a', 'b', 'folder/c', 'folder/d', 'e'];
  for (const name of names) fixture.write(name);
  await fixture.mirror.intake.hints(names);
  await expect.poll(() => waiting).toBe(4); // as many as may run at once: they are read, and none is marked
  fixture.remove('a');
  fixture.remove('b');
  fixture.remove('folder');
  fixture.remove('e');
  await fixture.mirror.intake.hints(['a', 'b', 'folder', 'e']);
  open();
  await settled(fixture);
  const live = Object.keys(await fixture.objects()).filter((key) => !key.includes('.longshore'));
  expect(live).toEqual(['p/kept']);
});

/** Storage that keeps objects as files: it cannot hold both `a` and `a/b`. */
function asFiles(backend: Backend): Backend {
  const { copy } = backend.capabilities;
  async function checkPath(key: string): Promise<void> {
    const { items } = await backend.listObjects('c', '', {}, { signal });
    if (items.some((other) => other.key.startsWith(`${key}/`) || key.startsWith(`${other.key}/`)))
      throw new ObjectInTheWayError(key, 'another object is in its way', { driver: 'memory' });
  }
  return {
    ...backend,
    capabilities: {
      ...backend.capabilities,
      copy: copy && {
        ...copy,
        async copyObject(from, to, ...rest) {
          await checkPath(to.key);
          return copy.copyObject(from, to, ...rest);
        },
      },
    },
    async putObject(ref, ...rest) {
      await checkPath(ref.key);
      return backend.putObject(ref, ...rest);
    },
  };
}

describe('where a store cannot hold both a and a/b', () => {
  test('a file that became a folder, and a folder that became a file, take each other’s place', async () => {
    const { run, write, remove, objects } = await openMirrorFixture({ wrap: asFiles });
    write('a', 'file');
    for (let at = 0; at < 30; at += 1) write(`b/f${at}`, 'in a folder');
    write('kept');
    await run('reconcile');
    remove('a');
    write('a/b/c', 'in a folder');
    remove('b');
    write('b', 'file');
    expect((await run('scan')).report).toMatchObject({ uploaded: 2, deleted: 31, failed: 0 });
    expect(await objects()).toEqual({ 'p/a/b/c': 'in a folder', 'p/b': 'file', 'p/kept': 'kept' });
  });

  test('P1: a file that moves into a folder of its own name is in the container all the time', async () => {
    const seen: Set<string>[] = [];
    const { run, write, objects, mirror } = await openMirrorFixture({
      wrap: (backend) => asFiles(contentsSeen(seen)(backend)),
    });
    const file = write('a', 'content');
    write('kept');
    await run('reconcile');
    const before = seen.at(-1) ?? new Set();
    expect(before.size).toBe(2);
    seen.length = 0;
    renameSync(file, `${file}.aside`);
    mkdirSync(file);
    renameSync(`${file}.aside`, join(file, 'b'));
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, deleted: 1, failed: 0 });
    expect(await objects()).toEqual({ 'p/a/b': 'content', 'p/kept': 'kept' });
    for (const contents of seen) for (const md5 of before) expect(contents).toContain(md5);
    expect(mirror.parts.index.get('a')).toBeUndefined();
    expect(mirror.parts.ledger.read().setAside).toBeUndefined();
  });

  test('P1: a file that takes the name of its folder is in the container all the time', async () => {
    const seen: Set<string>[] = [];
    const { run, write, remove, objects, mirror } = await openMirrorFixture({
      wrap: (backend) => asFiles(contentsSeen(seen)(backend)),
    });
    const file = write('a/2', 'content');
    for (const name of ['a/1', 'a/3', 'kept']) write(name, 'gone or kept');
    await run('reconcile');
    const before = seen.at(-1) ?? new Set();
    seen.length = 0;
    const folder = join(mirror.settings.source, 'a');
    renameSync(file, `${folder}.aside`);
    remove('a');
    renameSync(`${folder}.aside`, folder);
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, deleted: 3, failed: 0 });
    expect(await objects()).toEqual({ 'p/a': 'content', 'p/kept': 'gone or kept' });
    for (const contents of seen) for (const md5 of before) expect(contents).toContain(md5);
    expect(mirror.parts.ledger.read().setAside).toBeUndefined();
  });

  test('the object in the way is removed only when the guard lets it', async () => {
    const { run, write, remove, objects, mirror } = await openMirrorFixture({
      wrap: asFiles,
      settings: { guard: { count: 1, share: 0, atLeast: 0, windowMs: 3_600_000 } },
    });
    for (const name of ['a/1', 'a/2', 'a/3', 'kept']) write(name);
    await run('reconcile');
    // Made before the folder goes, so that it does not get the inode of a file in it.
    const file = write('aside', 'file');
    remove('a');
    renameSync(file, join(mirror.settings.source, 'a'));
    expect((await run('scan')).report).toMatchObject({ uploaded: 0, deleted: 0 });
    expect(Object.keys(await objects())).toEqual(['p/a/1', 'p/a/2', 'p/a/3', 'p/kept']);
    const { guard } = mirror.parts;
    await guard.approve((await guard.describe()).id);
    expect((await run('scan')).report).toMatchObject({ uploaded: 1, deleted: 3 });
    expect(await objects()).toEqual({ 'p/a': 'file', 'p/kept': 'kept' });
  });
});
