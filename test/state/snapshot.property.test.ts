import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexEntry } from '../../src/state/index-entry.js';
import type { ObjectName, ObjectRecord } from '../../src/state/object-index.js';
import { openSnapshot } from '../../src/state/read-snapshot.js';
import {
  SNAPSHOT_FORMAT,
  SNAPSHOT_VERSION,
  type SnapshotHeader,
  UnusableSnapshotError,
} from '../../src/state/snapshot-format.js';
import { writeSnapshot } from '../../src/state/write-snapshot.js';
import { compareNames } from '../../src/utf8-order.js';
import { createFolder, removeFolder } from '../world/folder.js';
import { anyName, anyRecord, record } from './fixtures.js';

type Records = readonly (readonly [ObjectName, ObjectRecord])[];

const HEADER: SnapshotHeader = {
  format: SNAPSHOT_FORMAT,
  version: SNAPSHOT_VERSION,
  mirror: 'documents',
  container: 'c',
  prefix: 'p/',
  epoch: 3,
  madeAt: '2026-11-22T14:41:47.123Z',
  ledger: { metadata: { epoch: 1, kept: ['mode', 'mtime'] } },
};

const anyRecords: fc.Arbitrary<Records> = fc
  .uniqueArray(fc.tuple(anyName, anyRecord), { selector: ([name]) => name, maxLength: 40 })
  .map((records) => records.toSorted(([a], [b]) => compareNames(a, b)));

let folder = '';
let path = '';
beforeAll(() => {
  folder = createFolder('snapshot');
  path = join(folder, 'snapshot');
});
afterAll(() => removeFolder(folder));

function write(records: Iterable<readonly [ObjectName, ObjectRecord]>, header = HEADER): Buffer {
  const file = openSync(path, 'w');
  try {
    writeSnapshot(file, header, entries(records));
  } finally {
    closeSync(file);
  }
  return readFileSync(path);
}

function* entries(records: Iterable<readonly [ObjectName, ObjectRecord]>) {
  for (const [name, each] of records) yield indexEntry(name, each);
}

async function read(): Promise<{ readonly header: SnapshotHeader; readonly records: Records }> {
  const snapshot = await openSnapshot(path);
  try {
    const records: [ObjectName, ObjectRecord][] = [];
    for await (const rows of snapshot.blocks())
      for (const [name, each] of rows) if (each !== undefined) records.push([name, each]);
    return { header: snapshot.header, records };
  } finally {
    await snapshot.close();
  }
}

describe('index snapshot', () => {
  it('finds the record of each name, in any order, and none of a name that it has not', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, fc.array(anyName), async (records, others) => {
        write(records);
        const known = new Map(records);
        const snapshot = await openSnapshot(path);
        try {
          for (const name of [...others, ...[...known.keys()].reverse()])
            expect(await snapshot.find(name)).toEqual(known.get(name));
        } finally {
          await snapshot.close();
        }
      }),
    );
  });

  it('finds records in any of many blocks', async () => {
    const names = Array.from({ length: 6_000 }, (_, at) => `file ${String(at).padStart(5, '0')}`);
    write(names.map((name, at) => [name, record({ size: at })] as const));
    const snapshot = await openSnapshot(path);
    try {
      for (const at of [5_999, 0, 3_000, 2_999, 1])
        expect(await snapshot.find(names[at] ?? '')).toMatchObject({ size: at });
      expect(await snapshot.find('file 00001x')).toBeUndefined();
      expect(await snapshot.find('a')).toBeUndefined();
    } finally {
      await snapshot.close();
    }
  });

  it('has the records that were written, in their order, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, async (records) => {
        write(records);
        expect(await read()).toEqual({ header: HEADER, records });
      }),
    );
  });

  it('has records of many blocks, and one that is larger than a block', async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => {
      const name = `f${String(at).padStart(6, '0')}`;
      const etag = at === 10_000 ? 'e'.repeat(65_000) : `etag-${at}`;
      return [name, record({ inode: BigInt(at), etag, versionId: 'v'.repeat(at % 300) })] as const;
    });
    write(many);
    expect((await read()).records).toEqual(many);
  });

  it('P5 is refused when it was cut short, wherever that was', async () => {
    const whole = write([
      ['a', record()],
      ['b', record({ size: 12 })],
    ]);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole);
      truncateSync(path, length);
      await expect(openSnapshot(path), `${length} bytes`).rejects.toThrow(UnusableSnapshotError);
    }
  });

  it('P5 is refused when any bit of it was flipped', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, fc.nat(), fc.nat(7), async (records, at, bit) => {
        const bytes = write(records);
        const place = at % bytes.length;
        bytes.writeUInt8((bytes[place] ?? 0) ^ (1 << bit), place);
        writeFileSync(path, bytes);
        await expect(openSnapshot(path)).rejects.toThrow(UnusableSnapshotError);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused when bytes were added to it', async () => {
    writeFileSync(path, Buffer.concat([write([['a', record()]]), Buffer.alloc(1)]));
    await expect(openSnapshot(path)).rejects.toThrow(/its bytes are not those of its digest/);
  });

  it.each([
    ['of a later version', { version: 2 }, /written by a later longshore \(its version is 2/],
    ['of another kind', { format: 'tar' }, /does not begin as one/],
    ['without a mirror', { mirror: undefined }, /its header lacks a part/],
  ])('is refused when it is %s', async (_, change, problem) => {
    write([['a', record()]], { ...HEADER, ...change } as SnapshotHeader);
    await expect(openSnapshot(path)).rejects.toThrow(problem);
  });

  it('gives a name without a record where the record cannot be read', async () => {
    const later = indexEntry('b', record());
    const encoded = Buffer.from(later.encoded);
    encoded.writeUInt8(200, 4);
    const file = openSync(path, 'w');
    writeSnapshot(file, HEADER, [indexEntry('a', record()), { name: 'b', encoded }]);
    closeSync(file);
    expect((await read()).records.map(([name]) => name)).toEqual(['a']);
  });

  it('is refused when its names are out of order', async () => {
    write([
      ['b', record()],
      ['a', record()],
    ]);
    await expect(read()).rejects.toThrow('has names out of order');
  });
});
