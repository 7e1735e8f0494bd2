import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Logger } from '../../src/log.js';
import { StateNewerError } from '../../src/state/errors.js';
import { newLedger } from '../../src/state/ledger-file.js';
import { takeLock } from '../../src/state/lock.js';
import { openStateCopy } from '../../src/state/open-copy.js';
import { thisProcess } from '../../src/state/process-identity.js';
import { sealJson } from '../../src/state/sealed-json.js';
import { temporaryFolder } from '../world/folder.js';
import { documents, filled, flipBits, opened } from './filled-state.js';
import { record } from './fixtures.js';

type Runtime = 'lmdb' | 'lowdb';

let temporary: string;
beforeEach(async () => {
  temporary = temporaryFolder();
  vi.stubEnv('TMPDIR', temporary);
});
afterEach(() => vi.unstubAllEnvs());

const copyOf = (folder: string, engine: Runtime, more: { log?: Logger } = {}) =>
  openStateCopy({ folder, mirrors: [{ name: 'documents', engine }], clock: systemClock, ...more });

const copiesLeft = async () =>
  (await readdir(temporary)).filter((name) => name.startsWith('longshore-look-'));

/** Every file with its bytes and times. */
async function everythingIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const paths = (await readdir(folder, { recursive: true })).sort();
  const described = paths.map(async (path) => {
    const { mtimeNs, ctimeNs, ino } = await stat(join(folder, path), { bigint: true });
    const bytes = (await stat(join(folder, path))).isFile()
      ? await readFile(join(folder, path), 'base64')
      : 'folder';
    return [path, `${ino} ${mtimeNs} ${ctimeNs} ${bytes}`] as const;
  });
  return Object.fromEntries(await Promise.all(described));
}

describe.each(['lmdb', 'lowdb'] as const)('a copy of a state with engine %s', (engine) => {
  test('has all records, changes nothing of the original, and is removed when it is closed', async () => {
    const { folder } = await filled(engine);
    const before = await everythingIn(folder);
    const copy = await copyOf(folder, engine);
    const { index, ledger, rebuilt, location } = documents(copy);
    expect(rebuilt).toBeUndefined();
    expect(index.count()).toBe(3_000);
    expect(index.namesOfInode(7n)).toEqual(['file 7']);
    expect(ledger.read()).toMatchObject({ reconciled: true, source: { inode: '2' } });
    expect(location.folder.startsWith(temporary)).toBe(true);
    await index.put('more', record());
    await ledger.update((document) => ({ ...document, reconciled: false }));
    await copy.close();
    expect(await everythingIn(folder)).toEqual(before);
    expect(await copiesLeft()).toEqual([]);
  });

  test('is whole though the original is written to all the time', async () => {
    const { folder } = await filled(engine, 500);
    const state = await opened(folder, engine);
    const { index } = documents(state);
    let writing = true;
    let commits = 0;
    const written = (async () => {
      // Pairs of one commit each: a copy has both or neither.
      for (; writing; commits += 1) {
        await Promise.all([
          index.put(`left ${commits % 300}`, record()),
          index.put(`right ${commits % 300}`, record()),
        ]);
        await Promise.all([
          index.remove(`left ${(commits + 150) % 300}`),
          index.remove(`right ${(commits + 150) % 300}`),
        ]);
      }
    })();
    for (let round = 0; round < 3; round += 1) {
      const copy = await copyOf(folder, engine);
      const names = [...documents(copy).index.entries()].map(([name]) => name);
      expect(names.filter((name) => name.startsWith('file '))).toHaveLength(500);
      const numbers = (side: string) =>
        names.filter((name) => name.startsWith(side)).map((name) => name.slice(side.length));
      expect(numbers('left ')).toEqual(numbers('right '));
      expect(documents(copy).index.namesOfInode(7n)).toEqual(['file 7']);
      await copy.close();
    }
    writing = false;
    await written;
    expect(commits).toBeGreaterThan(0);
    await state.close();
    expect(await copiesLeft()).toEqual([]);
  });

  test('of a missing state is empty, and creates no state', async () => {
    const folder = join(temporaryFolder(), 'state');
    const copy = await copyOf(folder, engine);
    expect(documents(copy).index.count()).toBe(0);
    expect(documents(copy).ledger.read().reconciled).toBe(false);
    await copy.close();
    expect(existsSync(folder)).toBe(false);
  });

  test('of a damaged index names the original, deletes nothing, and leaves the damage in place', async () => {
    const { folder, index } = await filled(engine);
    await flipBits(index, engine === 'lmdb' ? 24 : 200);
    const before = await everythingIn(folder);
    const warnings: string[] = [];
    const log = {
      warn: (event: string, fields: object) => warnings.push(`${event} ${JSON.stringify(fields)}`),
    } as unknown as Logger;
    const copy = await copyOf(folder, engine, { log });
    expect(documents(copy).index.count()).toBe(0);
    expect(documents(copy).ledger.read().reconciled).toBe(false);
    expect(warnings).toEqual([expect.stringMatching(/^state is damaged/)]);
    expect(warnings[0]).toContain(index);
    expect(warnings[0]).not.toMatch(/longshore-look-|kept as/);
    await copy.close();
    expect(await everythingIn(folder)).toEqual(before);
  });

  test('of read-only files can be opened', async () => {
    const { folder, mirror } = await filled(engine);
    for (const name of await readdir(mirror)) await chmod(join(mirror, name), 0o400);
    const copy = await copyOf(folder, engine);
    expect(documents(copy).index.count()).toBe(3_000);
    await copy.close();
  });

  test('of a newer state is refused, and the error names the original', async () => {
    const { folder, ledger } = await filled(engine);
    await writeFile(ledger, sealJson({ ...newLedger('documents'), version: 2 }));
    const opening = copyOf(folder, engine);
    await opening.then(
      () => expect.fail('it was opened'),
      (error: Error) => {
        expect(error.message).not.toMatch(/longshore-look-|kept as/);
        expect(error).toBeInstanceOf(StateNewerError);
      },
    );
    expect(await copiesLeft()).toEqual([]);
  });
});

test('state copy: the copy of a killed process is removed by the next one, and one in use stays', async () => {
  const { folder } = await filled('lmdb');
  const left = await mkdtemp(join(temporary, 'longshore-look-'));
  await mkdir(join(left, 'mirrors'));
  const dead = { ...(await thisProcess()), startTicks: '1', since: '', command: '' };
  await writeFile(join(left, 'lock.1'), JSON.stringify(dead));
  const used = await mkdtemp(join(temporary, 'longshore-look-'));
  const lock = await takeLock(used, systemClock);
  const copy = await copyOf(folder, 'lmdb');
  expect([existsSync(left), existsSync(used)]).toEqual([false, true]);
  await copy.close();
  await lock.release();
  await rm(used, { recursive: true });
});
