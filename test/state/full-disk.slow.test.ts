import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { StateUnavailableError } from '../../src/state/errors.js';
import { hasFailedEnvironment } from '../../src/state/failed-environment.js';
import { openLedger } from '../../src/state/ledger-file.js';
import { openIndex } from '../../src/state/open-index.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { record } from './fixtures.js';

/** A file system of 4 MiB; undefined where we may not mount one. */
function smallFileSystem(): string | undefined {
  const folder = createFolder('full');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=0700', 'tmpfs', folder], {
      stdio: 'ignore',
    });
    return folder;
  } catch {
    removeFolder(folder);
    return undefined;
  }
}

const disk = smallFileSystem();
const grow = () => execFileSync('mount', ['-o', 'remount,size=40m', disk ?? '']);

afterAll(() => {
  if (disk === undefined) return;
  execFileSync('umount', [disk]);
  rmSync(disk, { recursive: true });
});

// Mounting needs root: elsewhere these are shown as skipped.
describe.skipIf(disk === undefined)('on a full disk', () => {
  test.each([
    { engine: 'lowdb', refusal: /cannot be written \(.*what was there before is kept/ },
    { engine: 'lmdb', refusal: /\d+ KiB are free .*what was there before is kept/ },
  ] as const)(
    'P5: $engine index: rejects what it cannot keep, keeps what it acknowledged, and goes on when there is room',
    async ({ engine, refusal }) => {
      const folder = disk ?? '';
      execFileSync('mount', ['-o', 'remount,size=4m', folder]);
      let index = await openIndex({ engine, folder });
      const kept = new Set<string>();
      let failure: unknown;
      for (let at = 0; failure === undefined; at += 500) {
        const names = Array.from(
          { length: 500 },
          (_, beside) => `folder/${engine} file ${at + beside}`,
        );
        try {
          await Promise.all(names.map((name) => index.put(name, record({ inode: BigInt(at) }))));
          for (const name of names) kept.add(name);
        } catch (error) {
          failure = error;
        }
      }
      expect(failure).toBeInstanceOf(StateUnavailableError);
      expect(String(failure)).toMatch(refusal);
      expect(hasFailedEnvironment()).toBe(false);
      expect(kept.size).toBeGreaterThan(500);
      expect(index.count()).toBe(kept.size);
      expect([...index.entries()].map(([name]) => name).sort()).toEqual([...kept].sort());
      await index.close();
      index = await openIndex({ engine, folder });
      expect(index.count()).toBe(kept.size);
      await expect(
        Promise.all(Array.from({ length: 40_000 }, (_, at) => index.put(`more ${at}`, record()))),
      ).rejects.toThrow(StateUnavailableError);
      grow();
      await index.put('after', record());
      expect(index.count()).toBe(kept.size + 1);
      await index.close();
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
    },
  );

  test('P5: index: is not created where nothing can be written, and the error says why', async () => {
    const folder = disk ?? '';
    execFileSync('mount', ['-o', 'remount,size=4m', folder]);
    writeFileSync(join(folder, 'ballast'), Buffer.alloc(4 * 2 ** 20 - 16 * 1024));
    await expect(openIndex({ engine: 'lmdb', folder })).rejects.toThrow(
      /index.mdb: cannot be made.*ENOSPC/,
    );
    expect(readdirSync(folder)).toEqual(['ballast']);
    rmSync(join(folder, 'ballast'));
    await (await openIndex({ engine: 'lmdb', folder })).close();
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
  });

  test('P5: ledger: keeps its old text when it cannot be written, rejects the update, and goes on when there is space', async () => {
    const folder = disk ?? '';
    execFileSync('mount', ['-o', 'remount,size=4m', folder]);
    const ledger = await openLedger(folder, 'documents');
    await ledger.update((document) => ({ ...document, source: { device: '1', inode: '2' } }));
    const huge = 'x'.repeat(6 << 20);
    await expect(
      ledger.update((document) => ({ ...document, source: { device: '1', inode: huge } })),
    ).rejects.toThrow(/ENOSPC/);
    expect(ledger.read().source?.inode).toBe('2');
    expect(readdirSync(folder)).toEqual(['ledger.json']);
    await ledger.update((document) => ({ ...document, reconciled: true }));
    await ledger.close();
    const again = await openLedger(folder, 'documents');
    expect(again.read()).toMatchObject({ reconciled: true, source: { inode: '2' } });
    await again.close();
  });
});
