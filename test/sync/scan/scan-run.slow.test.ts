import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openIndexView } from '../../../src/state/open-index.js';
import type { ScanItem, ScanRequest } from '../../../src/sync/scan/scan-items.js';
import { runScan } from '../../../src/sync/scan/scan-run.js';
import { SourceMissingError } from '../../../src/watcher/source.js';
import { type Fixture, mirrored, sorted } from './scan-fixture.js';

/** A scan in this thread, so that the source can be changed at a certain moment of it. */
async function scannedWhile(
  { request, location }: Fixture,
  meanwhile: (item: ScanItem) => void,
  changes: Partial<ScanRequest> = {},
  indexIsOld = () => false,
) {
  const items: ScanItem[] = [];
  const surroundings = { openIndex: () => openIndexView(location), indexIsOld };
  for await (const item of runScan(request(changes), surroundings)) {
    items.push(item);
    meanwhile(item);
  }
  return sorted(items);
}

it('an index that is opened again after each item gives the same', async () => {
  const files = Array.from({ length: 40 }, (_, n) => `${n % 3 === 0 ? 'under/' : ''}${n}`);
  const fixture = await mirrored([...files, 'under-']);
  for (const path of ['1', '5', '10', 'under/3', 'under-']) rmSync(join(fixture.root, path));
  for (const path of ['2', '4', '39-new', 'under/6', 'under/new'])
    writeFileSync(join(fixture.root, path), 'other content');
  const whole = await scannedWhile(
    fixture,
    () => {},
    {},
    () => true,
  );
  expect(whole.due).toEqual([
    'upload 2',
    'upload 39-new',
    'upload 4',
    'upload under/6',
    'upload under/new',
    'delete 1',
    'delete 10',
    'delete 5',
    'delete under-',
    'delete under/3',
  ]);
  const part = await scannedWhile(
    fixture,
    () => {},
    { under: 'under' },
    () => true,
  );
  expect(part.due).toEqual(['upload under/6', 'upload under/new', 'delete under/3']);
});

it('P4: a file that comes back before its delete is given out is compared, not deleted', async () => {
  const fixture = await mirrored(['back', 'gone', 'folder/x']);
  for (const path of ['back', 'gone', 'folder'])
    rmSync(join(fixture.root, path), { recursive: true });
  const { due, summary } = await scannedWhile(fixture, ({ kind }) => {
    if (kind !== 'walked') return;
    writeFileSync(join(fixture.root, 'back'), 'content of another size');
    mkdirSync(join(fixture.root, 'folder'));
    writeFileSync(join(fixture.root, 'folder/.longshoreignore'), 'x');
  });
  expect(due).toEqual(['upload back', 'delete gone']);
  expect(summary).toMatchObject({ excluded: 1 });
});

it('P4: a source that goes away after it was walked deletes nothing more', async () => {
  const fixture = await mirrored(['a', 'b', 'kept']);
  for (const path of ['a', 'b']) rmSync(join(fixture.root, path));
  const given: ScanItem[] = [];
  const scanning = scannedWhile(fixture, (item) => {
    given.push(item);
    if (item.kind === 'walked') renameSync(fixture.root, `${fixture.root}-away`);
  });
  await expect(scanning).rejects.toThrow(SourceMissingError);
  expect(given.map(({ kind }) => kind)).toEqual(['walked']);
});

it('P4: a source that is exchanged for another folder is an error before anything is given for gone', async () => {
  const fixture = await mirrored(['a', 'b']);
  rmSync(join(fixture.root, 'a'));
  writeFileSync(join(fixture.root, '.first'), '');
  const scanning = scannedWhile(fixture, (item) => {
    if (item.kind !== 'finding' || item.name !== '.first') return;
    renameSync(fixture.root, `${fixture.root}-away`);
    mkdirSync(fixture.root);
    writeFileSync(join(fixture.root, 'other'), '');
  });
  await expect(scanning).rejects.toThrow(SourceMissingError);
});

it('P7: more names than are kept in memory can be gone', async () => {
  const fixture = await mirrored(
    Object.fromEntries(Array.from({ length: 12_000 }, (_, n) => [`old/${n}`, ''])),
  );
  rmSync(join(fixture.root, 'old'), { recursive: true });
  const { due } = await scannedWhile(fixture, () => {});
  expect(due).toHaveLength(12_000);
  expect(new Set(due).size).toBe(12_000);
  expect(due[0]).toBe('delete old/0');
});

it.each<readonly [string, (folder: string) => void]>([
  ['nothing', () => {}],
  ['a file', (folder) => writeFileSync(folder, '')],
  ['an empty folder', (folder) => mkdirSync(folder)],
])(
  'P4: a folder that is away, with %s in its place, for as long as the source is walked, loses nothing',
  async (_, replace) => {
    const fixture = await mirrored(['a', 'folder/b', 'folder/c/d', 'kept']);
    const folder = join(fixture.root, 'folder');
    writeFileSync(join(fixture.root, 'a'), 'changed');
    const { due } = await scannedWhile(fixture, (item) => {
      if (item.kind === 'finding' && item.name === 'a') {
        renameSync(folder, join(fixture.root, '../away'));
        replace(folder);
      }
      if (item.kind !== 'walked') return;
      rmSync(folder, { recursive: true, force: true });
      renameSync(join(fixture.root, '../away'), folder);
    });
    expect(due.filter((each) => each.startsWith('delete'))).toEqual([]);
  },
);
