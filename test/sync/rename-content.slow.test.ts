import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bytesBody } from '../../src/drivers/body.js';
import { StorageError } from '../../src/drivers/errors.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';
import { contentsSeen, failing, open, settled, signal } from './renames-fixture.js';

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
    mirror: { deletes: 'trash' },
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
