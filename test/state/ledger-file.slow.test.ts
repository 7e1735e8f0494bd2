import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { StateDamagedError, StateNewerError } from '../../src/state/errors.js';
import { ledgerFile, newLedger, openLedger } from '../../src/state/ledger-file.js';
import { upgrade } from '../../src/state/migrate.js';
import { sealJson } from '../../src/state/sealed-json.js';
import { temporaryFolder } from '../world/folder.js';

test('ledger: says that no reconcile has finished until it was written', async () => {
  const ledger = await openLedger(temporaryFolder(), 'documents');
  expect(ledger.existed).toBe(false);
  expect(ledger.read()).toEqual({
    version: 1,
    mirror: 'documents',
    reconciled: false,
    unfinishedUploads: {},
    quarantined: {},
  });
  await ledger.close();
});

test('ledger: has its updates after it was opened again, whatever an object is called', async () => {
  const folder = temporaryFolder();
  const ledger = await openLedger(folder, 'documents');
  const quarantined = {
    reason: 'torn',
    error: 'changed while it was read',
    attempts: 3,
    sinceMs: 1,
  };
  for (const name of ['a', '__proto__', 'constructor', '1', '\u{10000}']) {
    await ledger.update((document) => ({
      ...document,
      quarantined: { ...document.quarantined, [name]: quarantined },
    }));
  }
  await ledger.close();
  const again = await openLedger(folder, 'documents');
  expect(Object.keys(again.read().quarantined).sort()).toEqual([
    '1',
    '__proto__',
    'a',
    'constructor',
    '\u{10000}',
  ]);
  await again.close();
});

test('ledger: one of a newer longshore is refused with both versions, and stays unchanged', async () => {
  const folder = temporaryFolder();
  const text = sealJson({ ...newLedger('documents'), version: 7, novelty: true });
  await writeFile(ledgerFile(folder), text);
  const opening = openLedger(folder, 'documents');
  await expect(opening).rejects.toThrow(StateNewerError);
  await expect(opening).rejects.toThrow(
    /ledger\.json: is of version 7, this longshore knows versions up to 1/,
  );
  expect(await readFile(ledgerFile(folder), 'utf8')).toBe(text);
});

test.each([
  ['another mirror’s ledger', { ...newLedger('photos') }],
  ['no version', { mirror: 'documents', reconciled: true }],
  ['a version that never was', { ...newLedger('documents'), version: 0 }],
  ['no word on the reconcile', { ...newLedger('documents'), reconciled: 'yes' }],
  ['no map of uploads', { ...newLedger('documents'), unfinishedUploads: null }],
])('P5: ledger: a sealed one with %s is damage', async (_, document) => {
  const folder = temporaryFolder();
  await writeFile(ledgerFile(folder), sealJson(document));
  await expect(openLedger(folder, 'documents')).rejects.toThrow(StateDamagedError);
});

test('ledger: a document of an older version goes through each step up to the present one', () => {
  const versions = {
    current: 3,
    steps: {
      1: ({ old, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, middle: old }),
      2: (document: object) => ({ ...document, young: 1 }),
    },
  };
  expect(upgrade({ version: 1, old: 'x' }, 'f', versions)).toEqual({
    version: 3,
    middle: 'x',
    young: 1,
  });
  expect(upgrade({ version: 3, young: 2 }, 'f', versions)).toEqual({ version: 3, young: 2 });
  expect(() => upgrade({ version: 0 }, 'f', versions)).toThrow(/no step leads/);
  expect(() => upgrade({ version: 4 }, 'f', versions)).toThrow(StateNewerError);
  expect(() => upgrade(['version'], 'f', versions)).toThrow(StateDamagedError);
});

test('P5: ledger: kill -9 at any moment leaves it whole, with every update that was acknowledged', async () => {
  const folder = temporaryFolder();
  const program = fileURLToPath(new URL('./ledger-program.js', import.meta.url));
  for (let round = 0; round < 12; round++) {
    const child = spawn(process.execPath, [program, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    let acknowledged = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      if (acknowledged % 1_000 === 20 + round * 3) child.kill('SIGKILL');
    }
    expect(await ended).toEqual([null, 'SIGKILL']);
    const ledger = await openLedger(folder, 'documents');
    expect(ledger.read().source?.inode).toBeDefined();
    expect(Number(ledger.read().source?.inode)).toBeGreaterThanOrEqual(acknowledged);
    await ledger.close();
  }
});
