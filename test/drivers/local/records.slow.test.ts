import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { open } from 'lmdb';
import { expect, it, test } from 'vitest';
import { createExclusiveLock } from '../../../src/drivers/local/exclusive-lock.js';
import { thisProcess } from '../../../src/drivers/local/owner.js';
import { encodeRecord, writeAbout } from '../../../src/drivers/local/record.js';
import { LONGEST_ENTRY } from '../../../src/drivers/local/record-page.js';
import { createRecordTable, openRecordTable } from '../../../src/drivers/local/record-table.js';
import { statPath, versionOf } from '../../../src/file-stat.js';
import { temporaryFolder } from '../../world/folder.js';
import { call, listAll, put } from '../conformance/fixture.js';
import { afterwards, CONTAINER, openBox, openLocal, ref } from './fixture.js';

const all = () => true;

test('record table: agrees with a map, whatever is put, removed and put again, also when another handle reads', async () => {
  const keys = fc.integer({ min: 0, max: 300 }).map((n) => `key ${n}`);
  const entry = fc.record({
    key: keys,
    bytes: fc.integer({ min: 0, max: 4_000 }),
    fill: fc.nat(255),
  });
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ entries: fc.array(entry, { maxLength: 12 }) }) },
    { weight: 1, arbitrary: fc.record({ key: keys, remove: fc.constant(true) }) },
  );
  await fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const file = join(temporaryFolder(), 'records');
      const table = createRecordTable(file);
      const expected = new Map<string, Buffer>();
      for (const one of steps) {
        if ('remove' in one) {
          table.remove(Buffer.from(one.key));
          expected.delete(one.key);
        } else {
          const values = one.entries.map(({ bytes, fill }) => Buffer.alloc(bytes, fill));
          const entries = one.entries.map(({ key }, at) => ({
            key: Buffer.from(key),
            value: values[at]!,
          }));
          expect(table.putAll(entries, all)).toBe(0);
          for (const [at, { key }] of one.entries.entries()) expected.set(key, values[at]!);
        }
      }
      const reader = openRecordTable(file, { readOnly: true });
      for (let n = 0; n <= 300; n += 1) {
        const key = Buffer.from(`key ${n}`);
        expect(table.get(key)).toEqual(expected.get(`key ${n}`));
        expect(reader?.get(key)).toEqual(expected.get(`key ${n}`));
      }
      reader?.close();
      table.close();
    }),
    { numRuns: 30 },
  );
});

test('record table: damage anywhere costs entries, never gives another value, and what is put afterwards is there', async () => {
  const file = join(temporaryFolder(), 'records');
  const table = createRecordTable(file);
  const keys = Array.from({ length: 500 }, (_, n) => Buffer.from(`key ${n}`));
  const contentFor = (key: Buffer) => createHash('sha512').update(key).digest();
  const entriesOf = (some: readonly Buffer[]) =>
    some.map((key) => ({ key, value: contentFor(key) }));
  table.putAll(entriesOf(keys), all);
  table.close();
  const sound = readFileSync(file);
  await fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 })), {
        minLength: 1,
        maxLength: 200,
      }),
      (flips) => {
        const damaged = Buffer.from(sound);
        for (const [at, bits] of flips) damaged.writeUInt8(damaged.readUInt8(at) ^ bits, at);
        writeFileSync(file, damaged);
        const again = openRecordTable(file, { readOnly: false }) ?? createRecordTable(file);
        for (const key of keys) {
          const found = again.get(key);
          if (found !== undefined) expect(found).toEqual(contentFor(key));
        }
        expect(again.putAll(entriesOf(keys.slice(0, 50)), all)).toBe(0);
        for (const key of keys.slice(0, 50)) expect(again.get(key)).toEqual(contentFor(key));
        again.close();
      },
    ),
    { numRuns: 15 },
  );
});

test('record table: refuses what no page can hold, and forgets what is not wanted as it grows', () => {
  const file = join(temporaryFolder(), 'records');
  const table = createRecordTable(file);
  const put = (key: string, bytes: number, wanted: (key: Buffer) => boolean) =>
    table.putAll([{ key: Buffer.from(key), value: Buffer.alloc(bytes) }], wanted);
  expect(put('k', LONGEST_ENTRY, all)).toBe(1);
  const before = table.inode;
  const isWanted = (key: Buffer) => !key.toString().startsWith('old');
  for (let n = 0; n < 200; n += 1) put(`old ${n}`, 200, isWanted);
  for (let n = 0; table.inode === before; n += 1) put(`new ${n}`, 200, isWanted);
  expect(table.get(Buffer.from('old 7'))).toBeUndefined();
  expect(table.get(Buffer.from('new 0'))).toEqual(Buffer.alloc(200));
  expect(readdirSync(join(file, '..'))).toEqual(['records']);
  table.close();
});

it('P6: takes over the records of an LMDB file of an earlier version, and removes it', async () => {
  const { backend, root, box } = await openBox();
  await backend.close();
  const folder = join(root, '.longshore');
  rmSync(join(folder, 'objects.records'));
  const former = open<Buffer, Buffer>({
    path: join(folder, 'objects.mdb'),
    noSubdir: true,
    encoding: 'binary',
    keyEncoding: 'binary',
    pageSize: 8192,
    maxDbs: 1,
  });
  const md5Of = (text: string) => createHash('md5').update(text).digest('hex');
  for (let n = 0; n < 700; n += 1) {
    writeFileSync(join(box, `object ${n}`), `content ${n}`);
    const file = versionOf(statPath(join(box, `object ${n}`)));
    const record = {
      file,
      md5: md5Of(`content ${n}`),
      about: writeAbout('text/plain', { color: 'blue' }),
    };
    former.putSync(Buffer.from(`${CONTAINER}\0object ${n}`), encodeRecord(record));
  }
  await former.close();
  const next = openLocal({ root });
  const listed = await listAll(next, CONTAINER);
  expect(listed).toHaveLength(700);
  for (const { key, checksums, metaData } of listed) {
    expect(checksums).toEqual([
      { algorithm: 'md5', hex: md5Of(`content ${key.slice('object '.length)}`) },
    ]);
    expect(metaData).toEqual({ color: 'blue' });
  }
  expect(existsSync(join(folder, 'objects.mdb'))).toBe(false);
});

it('P5: the lock of a process that was killed is taken over', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'exclusive');
  const module = new URL('../../../src/drivers/local/', import.meta.url).href;
  const script = `
    const { createExclusiveLock } = await import('${module}exclusive-lock.js');
    const { thisProcess } = await import('${module}owner.js');
    createExclusiveLock(${JSON.stringify(file)}, thisProcess()).hold(() => { console.log('held'); process.kill(process.pid, 'SIGKILL'); });`;
  const killed = Array.from({ length: 2 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  await Promise.all(killed.map((child) => once(child, 'exit'))); // the second one takes it from the first
  expect(existsSync(file)).toBe(true);
  const lock = createExclusiveLock(file, thisProcess());
  expect(lock.hold(() => lock.hold(() => readFileSync(file, 'utf8')))).toContain(
    `_${process.pid}_`,
  );
  expect(existsSync(file)).toBe(false);
  lock.close();
  expect(readdirSync(folder)).toEqual([]);
});

it('P5: one holder at a time, of those whose predecessors are killed as they hold it', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'exclusive');
  const counter = join(folder, 'counter');
  writeFileSync(counter, '0');
  const module = new URL('../../../src/drivers/local/', import.meta.url).href;
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    const { createExclusiveLock } = await import('${module}exclusive-lock.js');
    const { thisProcess } = await import('${module}owner.js');
    const lock = createExclusiveLock(${JSON.stringify(file)}, thisProcess());
    for (let n = 0; n < 100; n += 1) lock.hold(() => {
      writeFileSync(${JSON.stringify(counter)}, String(Number(readFileSync(${JSON.stringify(counter)})) + 1));
      if (n === 99) process.kill(process.pid, 'SIGKILL');
    });`;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }),
  );
  for (const child of children) afterwards(() => void child.kill('SIGKILL'));
  await Promise.all(children.map((child) => once(child, 'exit')));
  expect(readFileSync(counter, 'utf8')).toBe('400');
}, 60_000);

it('P5: a record that cannot be written costs a digest, and no put fails for it', async () => {
  const { backend, root } = await openBox();
  await put(backend, ref('before'), 'x');
  const records = join(root, '.longshore/objects.records');
  const size = statSync(records).size;
  expect(
    (await put(backend, ref('long'), 'x', { metaData: { text: 'y'.repeat(7_000) } })).checksums,
  ).toHaveLength(1);
  expect((await backend.headObject(ref('long'), call)).metaData).toEqual({
    text: 'y'.repeat(7_000),
  });
  await expect(
    put(backend, ref('longer'), 'x', { metaData: { text: 'y'.repeat(20_000) } }),
  ).rejects.toThrow(/8192 bytes/);
  expect(statSync(records).size).toBe(size);
});
