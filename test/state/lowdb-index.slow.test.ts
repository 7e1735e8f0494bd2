import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { StateDamagedError } from '../../src/state/errors.js';
import { lowdbFile } from '../../src/state/lowdb-index.js';
import { openIndex } from '../../src/state/open-index.js';
import { recordsFromJson, recordsToJson } from '../../src/state/records-json.js';
import { temporaryFolder } from '../world/folder.js';
import { record } from './fixtures.js';
import { indexSuite } from './index-suite.js';
import { sharedIndexSuite } from './shared-index-suite.js';

indexSuite('lowdb');
sharedIndexSuite('lowdb');

const inParts = record({ md5: '', md5Parts: 'a'.repeat(32), partSize: 5 << 20 });

test('records as JSON: have version 3 while a record has a last proof, 2 with a digest of part digests, else 1', async () => {
  const folder = temporaryFolder();
  const versionNow = async () =>
    (JSON.parse(await readFile(lowdbFile(folder), 'utf8')) as { version: number }).version;
  const index = await openIndex({ engine: 'lowdb', folder });
  await index.put('whole', record({ partSize: 5 << 20 }));
  expect(await versionNow()).toBe(1);
  await index.put('parts', inParts);
  expect(await versionNow()).toBe(2);
  await index.put('proven', record({ provenAtMs: 1_763_822_900_000 }));
  expect(await versionNow()).toBe(3);
  await index.remove('proven');
  expect(await versionNow()).toBe(2);
  await index.remove('parts');
  expect(await versionNow()).toBe(1);
  await index.close();
});

test('records as JSON: a digest of part digests without a part size is damage', () => {
  const file = 'index.json';
  const text = JSON.stringify(recordsToJson(new Map([['a', inParts]])));
  expect(recordsFromJson(JSON.parse(text), file).get('a')).toEqual(inParts);
  const { partSize: _, ...without } = inParts;
  const json: unknown = JSON.parse(JSON.stringify(recordsToJson(new Map([['a', without]]))));
  expect(() => recordsFromJson(json, file)).toThrow(StateDamagedError);
});

test.each([0, -5, 1.5])('records as JSON: a part size of %d is damage', (partSize) => {
  const json: unknown = JSON.parse(
    JSON.stringify(recordsToJson(new Map([['a', { ...inParts, partSize }]]))),
  );
  expect(() => recordsFromJson(json, 'index.json')).toThrow(StateDamagedError);
});
