import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Logger } from '../../src/log.js';
import { StateLockedError, StateUnavailableError } from '../../src/state/errors.js';
import { newLedger } from '../../src/state/ledger-file.js';
import { openState } from '../../src/state/open-state.js';
import { temporaryFolder } from '../world/folder.js';
import { documents, filled, flipBits, opened, setAsideIn } from './filled-state.js';
import { record } from './fixtures.js';

describe.each(['lmdb', 'lowdb'] as const)('state with engine %s', (engine) => {
  test('a first start makes private folders and says that nothing was lost and nothing reconciled', async () => {
    const folder = join(temporaryFolder(), 'a', 'state');
    const state = await opened(folder, engine);
    const mirror = documents(state);
    expect(mirror.rebuilt).toBeUndefined();
    expect(mirror.ledger.read().reconciled).toBe(false);
    expect(mirror.location).toEqual({ engine, folder: join(folder, 'mirrors', 'documents') });
    await mirror.index.put('a', record());
    for (const path of [folder, mirror.location.folder])
      expect((await stat(path)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(mirror.location.folder)) {
      expect([name, (await stat(join(mirror.location.folder, name))).mode & 0o077]).toEqual([
        name,
        0,
      ]);
    }
    await state.close();
    await state.close();
  });

  test('what was written is there after a clean close', async () => {
    const { folder, mirror } = await filled(engine);
    expect((await readdir(mirror)).filter((name) => name === 'check-needed')).toEqual([]);
    const state = await opened(folder, engine);
    const { index, ledger, rebuilt } = documents(state);
    expect(rebuilt).toBeUndefined();
    expect(index.count()).toBe(3_000);
    expect(index.namesOfInode(7n)).toEqual(['file 7']);
    expect(ledger.read()).toMatchObject({ reconciled: true, source: { inode: '2' } });
    await state.close();
  });

  test('what a killed writer of a document left behind is removed, and the files of those that ask for the lock stay', async () => {
    const folder = join(temporaryFolder(), 'state');
    const state = await opened(folder, engine);
    const [dead, asking] = ['history.json.0123456789ab.tmp', 'asking.0123456789ab.tmp'];
    for (const name of [dead, asking]) await writeFile(join(folder, name), 'half');
    await state.close();
    await (await opened(folder, engine)).close();
    expect(await readdir(folder)).not.toContain(dead);
    expect(await readdir(folder)).toContain(asking);
  });

  test('P5: after an unclean end a sound index is looked through and kept', async () => {
    const { folder, mirror } = await filled(engine);
    await writeFile(join(mirror, 'check-needed'), 'in use\n');
    const state = await opened(folder, engine);
    expect(documents(state).rebuilt).toBeUndefined();
    expect(documents(state).index.count()).toBe(3_000);
    await state.close();
    expect(existsSync(join(mirror, 'check-needed'))).toBe(false);
  });

  const damages: [string, (file: string) => Promise<void>][] = [
    ['emptied', (file) => truncate(file, 0)],
    ['cut to a few bytes', (file) => truncate(file, 100)],
    ['cut in half', async (file) => truncate(file, ((await stat(file)).size >> 14) << 13)],
    ['garbage', (file) => writeFile(file, Buffer.alloc(200_000, 'garbage!'))],
    ['zeros', async (file) => writeFile(file, Buffer.alloc((await stat(file)).size))],
    ['removed', (file) => rm(file)],
  ];
  test.each(damages)(
    'P4: an index that was %s is set aside and rebuilt, and nothing counts as reconciled',
    async (_, damage) => {
      const { folder, mirror, index: file } = await filled(engine);
      await damage(file);
      const warnings: unknown[] = [];
      const log = {
        warn: (event: string, fields: unknown) => warnings.push([event, fields]),
      } as unknown as Logger;
      const state = await opened(folder, engine, { log });
      const { index, ledger, rebuilt } = documents(state);
      expect(rebuilt).toMatch(/^documents: .*index/);
      expect(warnings).toEqual([
        ['state rebuilt', expect.objectContaining({ mirror: 'documents', why: rebuilt })],
      ]);
      expect(index.count()).toBe(0);
      expect(ledger.read()).toMatchObject({ reconciled: false, source: { inode: '2' } });
      expect(await setAsideIn(mirror)).toHaveLength(
        existsSync(file) && rebuilt?.includes('kept as') ? 1 : 0,
      );
      await index.put('again', record());
      await state.close();
      const again = await opened(folder, engine);
      expect(documents(again).rebuilt).toBeUndefined();
      expect(documents(again).index.count()).toBe(1);
      expect(documents(again).ledger.read().reconciled).toBe(false);
      await again.close();
    },
  );

  test.each([
    ['a flipped bit', (file: string) => flipBits(file, 100)],
    ['half of it', (file: string) => truncate(file, 90)],
    ['garbage', (file: string) => writeFile(file, 'garbage')],
    ['nothing in it', (file: string) => truncate(file, 0)],
  ])(
    'P4: a ledger with %s is set aside, the index kept, and nothing counts as reconciled',
    async (_, damage) => {
      const { folder, mirror, ledger: file } = await filled(engine);
      await damage(file);
      const state = await opened(folder, engine);
      const { index, ledger, rebuilt } = documents(state);
      expect(rebuilt).toMatch(
        /^documents: .*ledger\.json: .*; kept as .*ledger\.json\.damaged-\d{8}T\d{6}Z/,
      );
      expect(index.count()).toBe(3_000);
      expect(ledger.read()).toEqual(newLedger('documents'));
      expect(await setAsideIn(mirror)).toHaveLength(1);
      await state.close();
    },
  );

  test('P4: a missing ledger beside an index is reported, and nothing counts as reconciled', async () => {
    const { folder, ledger: file } = await filled(engine);
    await rm(file);
    const state = await opened(folder, engine);
    expect(documents(state).rebuilt).toBe('documents: its ledger was missing');
    expect(documents(state).ledger.read().reconciled).toBe(false);
    expect(documents(state).index.count()).toBe(3_000);
    await state.close();
  });

  test('P5: a file that cannot be read is an error, nothing is set aside, and the lock is released', async () => {
    const { folder, mirror, index: file } = await filled(engine);
    for (const path of [file, join(mirror, 'ledger.json')]) {
      await copyFile(path, `${path}.saved`);
      await rm(path);
      await mkdir(path); // no process can read it as a file, root included
      await expect(opened(folder, engine)).rejects.toThrow(StateUnavailableError);
      await rm(path, { recursive: true });
      await copyFile(`${path}.saved`, path);
    }
    expect(await setAsideIn(mirror)).toEqual([]);
    const state = await opened(folder, engine);
    expect(documents(state).index.count()).toBe(3_000);
    await state.close();
  });

  test('another engine in the configuration takes the records over, once', async () => {
    const { folder, mirror } = await filled(engine, 12_000);
    const other = engine === 'lmdb' ? 'lowdb' : 'lmdb';
    for (let round = 0; round < 2; round++) {
      const state = await opened(folder, other);
      const { index, ledger, rebuilt } = documents(state);
      expect(rebuilt).toBeUndefined();
      expect(index.engine).toBe(other);
      expect(index.count()).toBe(12_000);
      expect(index.get('file 4711')).toEqual(record({ inode: 4711n }));
      expect(index.namesOfInode(4711n)).toEqual(['file 4711']);
      expect(ledger.read().reconciled).toBe(true);
      await state.close();
      const files = (await readdir(mirror)).filter((name) => !/-(lock|inodes)$/.test(name)).sort();
      expect(files).toEqual([other === 'lmdb' ? 'index.mdb' : 'index.json', 'ledger.json']);
    }
  });
});

test('a second opening of the same folder is refused while the first lasts', async () => {
  const folder = join(temporaryFolder(), 'state');
  const state = await opened(folder);
  await expect(opened(folder)).rejects.toThrow(StateLockedError);
  await state.close();
  await (await opened(folder)).close();
});

test('a failure at one mirror closes those before it', async () => {
  const folder = join(temporaryFolder(), 'state');
  const mirrors = ['a', 'b', 'c'].map((name) => ({ name, engine: 'lmdb' as const }));
  await (await openState({ folder, mirrors, clock: systemClock })).close();
  const ledger = join(folder, 'mirrors', 'c', 'ledger.json');
  await rm(ledger);
  await mkdir(ledger);
  await expect(openState({ folder, mirrors, clock: systemClock })).rejects.toThrow(
    StateUnavailableError,
  );
  await rm(ledger, { recursive: true });
  const state = await openState({ folder, mirrors, clock: systemClock });
  expect([...state.mirrors.values()].map(({ rebuilt }) => rebuilt)).toEqual([
    undefined,
    undefined,
    'c: its ledger was missing',
  ]);
  await state.close();
});

test('an opening that is interrupted while it checks an index ends, and releases the lock', async () => {
  const { folder, mirror } = await filled('lmdb');
  await writeFile(join(mirror, 'check-needed'), 'in use\n');
  const stop = new AbortController();
  const opening = opened(folder, 'lmdb', { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough');
  const state = await opened(folder);
  expect(documents(state).index.count()).toBe(3_000);
  await state.close();
});

test.each([
  ['below a file', 'file/state', 'ENOTDIR'],
  ['a file itself', 'file', 'EEXIST'],
])(
  'state folder: one that is %s is refused with its path, the reason and what to do',
  async (_where, path, code) => {
    const parent = temporaryFolder();
    await writeFile(join(parent, 'file'), '');
    const opening = opened(join(parent, path));
    await expect(opening).rejects.toThrow(StateUnavailableError);
    await expect(opening).rejects.toThrow(`${path}: the state folder cannot be used (${code}`);
    await expect(opening).rejects.toThrow(
      'Something else than a folder is in its place: move it, or name another one under "state"',
    );
  },
);

test.runIf(process.platform === 'linux')(
  'state folder: is an error at once where it cannot be created',
  async () => {
    const opening = opened('/proc/longshore/state');
    await expect(opening).rejects.toThrow(StateUnavailableError);
    await expect(opening).rejects.toThrow(
      /the state folder cannot be used .*another one under "state"/,
    );
  },
);
