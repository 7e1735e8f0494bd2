import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDocument } from '../../src/state/document.js';
import { removeTemporaryFiles, temporaryName } from '../../src/state/durable-file.js';
import { StateDamagedError, StateUnavailableError } from '../../src/state/errors.js';
import { sealJson, unsealJson } from '../../src/state/sealed-json.js';
import { temporaryFolder } from '../world/folder.js';

interface Counter {
  readonly count: number;
  readonly note?: string;
}

const format = {
  initial: { count: 0 },
  toJson: (value: Counter) => value,
  fromJson: (json: unknown) => json as Counter,
};

const increment = (value: Counter) => ({ ...value, count: value.count + 1 });

test('state document: a missing file is the initial value, and the first update makes it with mode 0600', async () => {
  const file = join(temporaryFolder(), 'c.json');
  const document = await openDocument(file, format);
  expect(document.existed).toBe(false);
  expect(document.read()).toEqual({ count: 0 });
  await document.update(increment);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const again = await openDocument(file, format);
  expect(again.existed).toBe(true);
  expect(again.read()).toEqual({ count: 1 });
});

test('state document: the file is JSON that any program reads', async () => {
  const file = join(temporaryFolder(), 'c.json');
  const document = await openDocument(file, format);
  await document.update(() => ({ count: 3, note: 'häßlich "quoted"\n' }));
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
    checksum: expect.stringMatching(/^[0-9a-f]{8}$/),
    count: 3,
    note: 'häßlich "quoted"\n',
  });
});

test('state document: updates of one moment are visible at once, share one write, and are durable when they resolve', async () => {
  const file = join(temporaryFolder(), 'c.json');
  let writes = 0;
  const toJson = (value: Counter) => {
    writes++;
    return value;
  };
  const document = await openDocument<Counter>(file, { ...format, toJson });
  const updates = Array.from({ length: 100 }, () => document.update(increment));
  expect(document.read().count).toBe(100);
  expect(document.readDurable().count).toBe(0);
  await updates[0];
  expect((await openDocument(file, format)).read().count).toBe(100);
  await Promise.all(updates);
  expect(writes).toBe(1);
});

test('state document: updates during a write are durable when they resolve, in their order', async () => {
  const file = join(temporaryFolder(), 'c.json');
  const document = await openDocument<Counter>(file, format);
  const done: number[] = [];
  const updates: Promise<void>[] = [];
  for (let at = 1; at <= 30; at++) {
    updates.push(
      document.update(increment).then(async () => {
        done.push(at);
        expect((await openDocument(file, format)).read().count).toBeGreaterThanOrEqual(at);
      }),
    );
    if (at % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(updates);
  expect(done).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
});

test('state document: a failed write rejects its updates, keeps the file, undoes them in memory, and the next update goes through', async () => {
  const folder = join(temporaryFolder(), 'd');
  await mkdir(folder);
  const file = join(folder, 'c.json');
  const document = await openDocument<Counter>(file, format);
  await document.update(() => ({ count: 7 }));
  const text = await readFile(file, 'utf8');
  await rm(folder, { recursive: true });
  const first = document.update(increment);
  const second = document.update(increment);
  await expect(first).rejects.toThrow(StateUnavailableError);
  await expect(second).rejects.toThrow(
    /c\.json: cannot be written \(.*\); what was there before is kept/,
  );
  expect(document.read()).toEqual({ count: 7 });
  await mkdir(folder);
  await writeFile(file, text);
  await document.update(increment);
  expect((await openDocument(file, format)).read()).toEqual({ count: 8 });
});

test('state document: an update during a write that fails is applied to what is on disk', async () => {
  const folder = join(temporaryFolder(), 'd');
  const file = join(folder, 'c.json');
  let duringWrite: (() => void) | undefined;
  const toJson = (value: Counter) => {
    duringWrite?.();
    return value;
  };
  const document = await openDocument<Counter>(file, { ...format, toJson });
  let late: Promise<void> | undefined;
  duringWrite = () => {
    duringWrite = undefined;
    late = document
      .update((value) => ({ ...increment(value), note: 'late' }))
      .finally(() => undefined);
  };
  await expect(document.update(() => ({ count: 50 }))).rejects.toThrow(StateUnavailableError); // the folder is not there
  expect(document.read()).toEqual({ count: 1, note: 'late' });
  await expect(late).rejects.toThrow(StateUnavailableError);
  expect(document.read()).toEqual({ count: 0 });
});

test('state document: a change that throws rejects alone, and one that changes nothing writes nothing', async () => {
  const file = join(temporaryFolder(), 'c.json');
  const document = await openDocument<Counter>(file, format);
  const bad = document.update(() => {
    throw new Error('cannot');
  });
  const good = document.update(increment);
  await expect(bad).rejects.toThrow('cannot');
  await good;
  const before = await stat(file);
  await document.update((value) => value);
  expect((await stat(file)).ino).toBe(before.ino);
});

test('state document: writes the updates under way when it is closed, and refuses others', async () => {
  const file = join(temporaryFolder(), 'c.json');
  const document = await openDocument<Counter>(file, format);
  const last = document.update(increment);
  await document.close();
  await last;
  await expect(document.update(increment)).rejects.toThrow(/is closed/);
  expect((await openDocument(file, format)).read().count).toBe(1);
});

test('P5: state document: a file that cannot be read is an error and not an empty document', async () => {
  const file = join(temporaryFolder(), 'c.json');
  await mkdir(file); // EISDIR for every user
  await expect(openDocument(file, format)).rejects.toThrow(StateUnavailableError);
});

test('P5: state document: any changed, added or missing byte in the text is damage', async () => {
  const text = Buffer.from(sealJson({ version: 1, reconciled: false, names: ['ä', 'b'] }));
  expect(unsealJson(text.toString(), 'f')).toMatchObject({ reconciled: false });
  await fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(7), fc.nat(255), (at, bit, byte) => {
      const flipped = Buffer.from(text);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at);
      expect(() => unsealJson(flipped.toString(), 'f')).toThrow(StateDamagedError);
      expect(() => unsealJson(text.subarray(0, at).toString(), 'f')).toThrow(StateDamagedError);
      const longer = Buffer.concat([text, Buffer.from([byte])]);
      expect(() => unsealJson(longer.toString(), 'f')).toThrow(StateDamagedError);
    }),
    { numRuns: 1_000 },
  );
});

test('state document: removes the temporary file of a killed writer, and nothing else', async () => {
  const folder = temporaryFolder();
  await writeFile(temporaryName(join(folder, 'c.json')), 'half');
  await writeFile(join(folder, 'c.json'), 'whole');
  await writeFile(join(folder, 'notes.tmp'), 'a file of the user');
  await removeTemporaryFiles(folder);
  expect((await readdir(folder)).sort()).toEqual(['c.json', 'notes.tmp']);
});
