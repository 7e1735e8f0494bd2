import { describe, expect, it } from 'vitest';
import type { BatchPut } from '../../../src/drivers/capabilities.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ContainerDoesNotExistError,
  ContainerError,
  StorageError,
} from '../../../src/drivers/errors.js';
import { batchOf, type Given, type PutAll, sharedBatchOf, text } from './batch-of.js';
import { outcomeCases } from './batch-put-outcomes.js';
import { conditionalBatchCases } from './conditional-batches.js';
import {
  call,
  contentOf,
  type Fixture,
  listKeys,
  randomContent,
  readAll,
  rejection,
  uniqueContainerName,
} from './fixture.js';

const MIB = 1024 * 1024;

export function batchPutCases(fixture: Fixture): void {
  const { batchPut } = fixture.backend.capabilities;
  if (batchPut === undefined) {
    it('are not declared', () => expect(batchPut).toBeUndefined());
    return;
  }
  const putAll = (container: string, given: readonly Given[], signal = call.signal) =>
    batchPut.putObjects(container, ...batchOf(given), { signal });
  outcomeCases(fixture, putAll);
  describe('on conditions', () => conditionalBatchCases(fixture, putAll));
  describe('from shared memory', () =>
    outcomeCases(fixture, (container, given, signal = call.signal) =>
      batchPut.putObjects(container, ...sharedBatchOf(given), { signal }),
    ));
  refusalCases(fixture, batchPut, putAll);
  visibilityCases(fixture, putAll);
}

function refusalCases({ backend, inContainer }: Fixture, batchPut: BatchPut, putAll: PutAll): void {
  it('can carry at least one object, and one byte', () => {
    expect(batchPut.maxObjects).toBeGreaterThan(0);
    expect(batchPut.maxBytes).toBeGreaterThan(0);
  });

  inContainer('no objects are no call that fails', async (container) => {
    expect(await putAll(container, [])).toEqual([]);
  });

  inContainer(
    'more objects or bytes than a call may carry, or than it has, are refused as a whole',
    async (container) => {
      const most = batchPut.maxObjects;
      const many = Array.from({ length: most + 1 }, (_, at) => text(`k${at}`, ''));
      const large = { key: 'large', content: new Uint8Array(batchPut.maxBytes + 1) };
      for (const given of [many, [large]])
        expect(await rejection(putAll(container, given))).toBeInstanceOf(StorageError);
      const [objects] = batchOf([text('a', 'A'), text('b', 'B')]);
      const short = batchPut.putObjects(container, objects, new ArrayBuffer(1), call);
      expect(await rejection(short)).toBeInstanceOf(StorageError);
      const before = objects.map((object) => ({ ...object, begin: -1 }));
      const outside = batchPut.putObjects(container, before, new ArrayBuffer(9), call);
      expect(await rejection(outside)).toBeInstanceOf(StorageError);
      expect(await listKeys(backend, container)).toEqual([]);
      const outcomes = await putAll(container, many.slice(0, most));
      expect(outcomes.filter((outcome) => 'stored' in outcome)).toHaveLength(most);
    },
  );

  inContainer('of a key that is named twice the later counts', async (box) => {
    const given = [text('a', 'first'), text('b', 'second'), text('a', 'third')];
    for (const outcome of await putAll(box, given)) expect(outcome).toHaveProperty('stored');
    expect(await listKeys(backend, box)).toEqual(['a', 'b']);
    expect(await contentOf(backend, { container: box, key: 'a' })).toBe('third');
    expect(await contentOf(backend, { container: box, key: 'b' })).toBe('second');
  });

  it('G5: a missing container is reported for the whole call', async () => {
    const missing = await rejection(putAll(uniqueContainerName(), [text('x', 'x')]));
    expect(missing).toBeInstanceOf(ContainerDoesNotExistError);
    expect(await rejection(putAll('a/b', [text('x', 'x')]))).toBeInstanceOf(ContainerError);
  });

  inContainer('G6: a call whose signal is aborted already stores nothing', async (container) => {
    const reason = new Error('no more');
    const aborted = putAll(container, [text('a', 'A')], AbortSignal.abort(reason));
    expect(await rejection(aborted)).toBe(reason);
    expect(await listKeys(backend, container)).toEqual([]);
  });

  inContainer(
    'G6: a call that is aborted under way stores all and resolves, or nothing and rejects',
    async (container) => {
      for (let turns = 0; turns < 4; turns += 1) {
        const stop = new AbortController();
        const keys = Array.from({ length: 20 }, (_, at) => `${turns}-${at}`);
        const putting = putAll(
          container,
          keys.map((key) => text(key, key)),
          stop.signal,
        ).then(
          () => 'stored',
          (error: unknown) => error,
        );
        for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
        const reason = new Error('enough');
        stop.abort(reason);
        const outcome = await putting;
        const there = await listKeys(backend, container, `${turns}-`);
        if (outcome !== 'stored') expect(outcome).toBe(reason);
        expect(there).toHaveLength(outcome === 'stored' ? keys.length : 0);
      }
    },
  );
}

function visibilityCases({ backend, again, inContainer }: Fixture, putAll: PutAll): void {
  inContainer(
    'G1: what is stored is listed and read by the next call of any client',
    async (box) => {
      const other = await again();
      const given = Array.from({ length: 50 }, (_, at) => text(`f${at % 5}/${at}`, `number ${at}`));
      await putAll(box, given);
      expect(await listKeys(other, box)).toEqual(given.map(({ key }) => key).sort());
      for (const { key, content } of given)
        expect(await contentOf(other, { container: box, key })).toBe(
          Buffer.from(content).toString(),
        );
      await other.close();
    },
  );

  inContainer('G2: who reads while a batch overwrites gets one version, whole', async (box) => {
    const other = await again();
    const keys = ['a', 'b', 'c'];
    const versions = [Buffer.alloc(MIB / 4, 'a'), Buffer.alloc(MIB / 3, 'b')];
    const round = (number: number) =>
      putAll(
        box,
        keys.map((key) => ({ key, content: versions[number % 2]! })),
      );
    await round(0);
    let writing = true;
    const writer = (async () => {
      for (let number = 1; number <= 10; number += 1) await round(number);
      writing = false;
    })();
    do {
      for (const key of keys) {
        const found = await readAll(
          await other.readObject({ container: box, key }, undefined, call),
        );
        expect(versions.some((version) => version.equals(found))).toBe(true);
      }
    } while (writing);
    await writer;
    await other.close();
  });

  inContainer(
    'G2: of two clients that put one batch at once, each object is whole',
    async (box) => {
      const other = await again();
      const keys = ['a', 'b', 'c/d'];
      const contents = [randomContent(30_000), randomContent(20_000)] as const;
      const theirs = other.capabilities.batchPut;
      const batch = (content: Uint8Array) => batchOf(keys.map((key) => ({ key, content })));
      for (let round = 0; round < 5; round += 1) {
        await Promise.all([
          backend.capabilities.batchPut?.putObjects(box, ...batch(contents[0]), call),
          theirs?.putObjects(box, ...batch(contents[1]), call),
        ]);
        for (const key of keys) {
          const ref = { container: box, key };
          const found = await readAll(await backend.readObject(ref, undefined, call));
          expect(contents.some((content) => content.equals(found))).toBe(true);
          const { checksums } = await backend.headObject(ref, call);
          expect(checksums[0]?.hex).toBe(checksumOf('md5', found).hex);
        }
      }
      await other.close();
    },
  );
}
