import { copyFile, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StateNewerError } from '../../src/state/errors.js';
import { openInodeTable } from '../../src/state/inode-table.js';
import { newLedger } from '../../src/state/ledger-file.js';
import { sealJson } from '../../src/state/sealed-json.js';
import { documents, filled, flipBits, opened, overwrite, setAsideIn } from './filled-state.js';
import { record } from './fixtures.js';

test('P5: LMDB index: garbage on any page is found after an unclean end, whatever it does to LMDB', {
  timeout: 120_000,
}, async () => {
  const pageBytes = 8192;
  const { folder, mirror, index: file } = await filled('lmdb', 600);
  await copyFile(file, `${file}.saved`);
  const pages = Math.floor((await stat(file)).size / pageBytes);
  let found = 0;
  for (let page = 2; page < pages; page += 3) {
    await copyFile(`${file}.saved`, file);
    await overwrite(file, page * pageBytes, Buffer.alloc(pageBytes, page % 2 === 0 ? 0xa5 : 0));
    await writeFile(join(mirror, 'check-needed'), 'in use\n');
    const state = await opened(folder);
    const { index, rebuilt } = documents(state);
    expect(rebuilt === undefined ? 600 : 0).toBe(index.count()); // a page that nothing uses any more may say anything
    if (rebuilt !== undefined) found++;
    await state.close();
  }
  expect(found).toBeGreaterThan(3);
});

test('P5: LMDB index: a list of free pages that is cut off or garbage is found after an unclean end', {
  timeout: 120_000,
}, async () => {
  const pageBytes = 8192;
  // LMDB's struct MDB_meta: where the root of the list of free pages is, and the transaction.
  const rootAt = 24 + 24 + 40;
  const transactionAt = 24 + 24 + 96 + 8;
  const { folder, mirror, index: file } = await filled('lmdb', 600);
  const saved = await readFile(file);
  const newest = [0, pageBytes].reduce((a, b) =>
    saved.readBigUInt64LE(b + transactionAt) > saved.readBigUInt64LE(a + transactionAt) ? b : a,
  );
  const root = Number(saved.readBigUInt64LE(newest + rootAt));
  for (const fill of [0, 0xa5]) {
    const damaged = Buffer.from(saved);
    damaged.fill(fill, root * pageBytes, (root + 1) * pageBytes);
    await writeFile(file, damaged);
    await writeFile(join(mirror, 'check-needed'), 'in use\n');
    const state = await opened(folder);
    expect(documents(state).rebuilt).toMatch(/index\.mdb: .*; kept as/);
    await documents(state).index.put('a', record());
    await state.close();
  }
});

test('P5: LMDB index: one flipped bit in a record is found when it is read, and the next start checks the whole index', async () => {
  const { folder, index: file } = await filled('lmdb', 600);
  const first = await opened(folder);
  await documents(first).index.put('file 311', record({ versionId: 'a version to be found' }));
  await first.close();
  await flipBits(file, (await readFile(file)).indexOf('a version to be found'));
  const state = await opened(folder); // a clean end: opened without looking
  const { index } = documents(state);
  expect(() => [...index.entries()]).toThrow(/the record of "file 311" is damaged/);
  await state.close();
  const again = await opened(folder);
  expect(documents(again).rebuilt).toMatch(/the record of "file 311" is damaged; kept as/);
  await again.close();
});

test('state: one of a newer longshore is refused and stays unchanged, and the lock is released', async () => {
  const { folder, mirror, ledger } = await filled('lowdb');
  for (const path of [ledger, join(mirror, 'index.json')]) {
    const saved = await readFile(path, 'utf8');
    const newer = sealJson({ ...newLedger('documents'), version: 99, records: [] });
    await writeFile(path, newer);
    await expect(opened(folder, 'lowdb')).rejects.toThrow(StateNewerError);
    expect(await readFile(path, 'utf8')).toBe(newer);
    await writeFile(path, saved);
  }
  expect(await setAsideIn(mirror)).toEqual([]);
  await (await opened(folder, 'lowdb')).close();
});

test('LMDB index: one of a newer longshore, or of a newer LMDB, is refused and stays unchanged', async () => {
  const { folder, mirror, index: file } = await filled('lmdb');
  const saved = await readFile(file);
  const about = Buffer.from('{"is":"longshore object index","version":');
  const newer = Buffer.from(saved);
  for (let at = newer.indexOf(about); at !== -1; at = newer.indexOf(about, at + 1))
    newer.write('7', at + about.length);
  const newerFormat = Buffer.from(saved);
  newerFormat.writeUInt32LE(3, 28);
  for (const bytes of [newer, newerFormat]) {
    await writeFile(file, bytes);
    await expect(opened(folder)).rejects.toThrow(StateNewerError);
    expect((await readFile(file)).equals(bytes)).toBe(true);
  }
  await writeFile(file, saved);
  expect(await setAsideIn(mirror)).toEqual([]);
  const state = await opened(folder);
  expect(documents(state).index.count()).toBe(3_000);
  await state.close();
});

test('LMDB index: opens in spite of garbage in LMDB’s own lock file', async () => {
  const { folder, mirror } = await filled('lmdb');
  await writeFile(join(mirror, 'index.mdb-lock'), Buffer.alloc(8272, 0xa5));
  const state = await opened(folder);
  expect(documents(state).index.count()).toBe(3_000);
  await state.close();
});

test.each([
  ['missing', (file: string) => rm(file)],
  ['garbage', (file: string) => writeFile(file, Buffer.alloc(50_000, 'garbage!'))],
  ['cut short', (file: string) => truncate(file, 16_384)],
])(
  'LMDB index: a table of inodes that is %s is rebuilt from the records, and nothing else is lost',
  async (_, damage) => {
    const { folder, index: file } = await filled('lmdb');
    await damage(`${file}-inodes`);
    const state = await opened(folder);
    const { index, ledger, rebuilt } = documents(state);
    expect(rebuilt).toBeUndefined();
    expect(index.count()).toBe(3_000);
    expect(ledger.read().reconciled).toBe(true);
    for (const at of [0, 7, 2_999]) expect(index.namesOfInode(BigInt(at))).toEqual([`file ${at}`]);
    await state.close();
  },
);

test('P5: LMDB index: after an unclean end the table of inodes agrees with the records, whatever was in it', async () => {
  const { folder, mirror, index: file } = await filled('lmdb', 100);
  const inodes = openInodeTable(file);
  await inodes.note([
    { inode: 5n, key: Buffer.from('file 5'), change: 'remove' },
    { inode: 900n, key: Buffer.from('file 5'), change: 'add' },
    { inode: 901n, key: Buffer.from('ghost'), change: 'add' },
  ]);
  await inodes.close();
  await writeFile(join(mirror, 'check-needed'), 'in use\n');
  const state = await opened(folder);
  const { index } = documents(state);
  expect(index.namesOfInode(5n)).toEqual(['file 5']);
  expect(index.namesOfInode(900n)).toEqual([]);
  await state.close();
});

test('LMDB index: an inode’s entry that no record confirms gives no name', async () => {
  const { folder, index: file } = await filled('lmdb', 100);
  const inodes = openInodeTable(file);
  await inodes.note([{ inode: 900n, key: Buffer.from('file 5'), change: 'add' }]);
  await inodes.close();
  const state = await opened(folder);
  expect(documents(state).index.namesOfInode(900n)).toEqual([]);
  await state.close();
});
