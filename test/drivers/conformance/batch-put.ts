import { expect, it } from 'vitest';
import type { BatchedObject, BatchPut, PutOutcome } from '../../../src/drivers/capabilities.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ContainerDoesNotExistError,
  ContainerError,
  InvalidObjectNameError,
  ObjectHashMismatchError,
  StorageError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import {
  call,
  contentOf,
  type Fixture,
  listKeys,
  put,
  randomContent,
  readAll,
  rejection,
  uniqueContainerName,
} from './fixture.js';

const MIB = 1024 * 1024;

const plain: BatchedObject['options'] = {
  contentType: 'application/octet-stream',
  metaData: {},
  headers: {},
};

interface Given {
  readonly key: string;
  readonly content: Uint8Array;
  readonly md5?: string;
  readonly options?: BatchedObject['options'];
}

/** The arguments of a call: objects, and their contents in memory of their own. */
export function batchOf(given: readonly Given[]): readonly [BatchedObject[], ArrayBuffer] {
  const objects = given.map(({ key, content, md5, options = plain }) => ({
    key,
    size: content.byteLength,
    md5: md5 ?? checksumOf('md5', content).hex,
    options,
  }));
  const whole = new Uint8Array(objects.reduce((sum, { size }) => sum + size, 0));
  let end = 0;
  for (const { content } of given) {
    whole.set(content, end);
    end += content.byteLength;
  }
  return [objects, whole.buffer];
}

const text = (key: string, content: string, options?: BatchedObject['options']): Given => ({
  key,
  content: Buffer.from(content),
  ...(options && { options }),
});

const errorOf = (outcome: PutOutcome | undefined): Error | undefined =>
  outcome !== undefined && 'error' in outcome ? outcome.error : undefined;

export function batchPutCases(fixture: Fixture): void {
  const { batchPut } = fixture.backend.capabilities;
  if (batchPut === undefined) {
    it('are not declared', () => expect(batchPut).toBeUndefined());
    return;
  }
  const putAll = (container: string, given: readonly Given[], signal = call.signal) =>
    batchPut.putObjects(container, ...batchOf(given), { signal });
  outcomeCases(fixture, putAll);
  refusalCases(fixture, batchPut, putAll);
  visibilityCases(fixture, putAll);
}

type PutAll = (
  container: string,
  given: readonly Given[],
  signal?: AbortSignal,
) => Promise<readonly PutOutcome[]>;

function outcomeCases({ backend, harness, inContainer }: Fixture, putAll: PutAll): void {
  inContainer(
    'store each object with its own content and description, empty ones and those in new folders too',
    async (container) => {
      const given = [0, 1, 4096, 0, 100_000, 77].map((size, at) => ({
        key: `folder ${at % 2}/deep/er/${at}`,
        content: randomContent(size),
        options: {
          ...plain,
          contentType: at % 2 === 0 ? 'text/csv' : 'text/html',
          metaData: { mtime: `170000000${at}.5`, mode: '100640', at: String(at) },
        },
      }));
      const outcomes = await putAll(container, given);
      expect(outcomes).toHaveLength(given.length);
      for (const [at, { key, content, options }] of given.entries()) {
        const info = await backend.headObject({ container, key }, call);
        const { hex: md5 } = checksumOf('md5', content);
        expect(outcomes[at], key).toEqual({ stored: { md5, etag: info.extra['etag'] } });
        expect(info).toMatchObject({ size: content.byteLength, metaData: options.metaData });
        expect(info.extra['contentType']).toBe(options.contentType);
        const found = await readAll(await backend.readObject({ container, key }, undefined, call));
        expect(found.equals(content), key).toBe(true);
      }
    },
  );

  inContainer('G2: refuse a content that is not the announced one, and no other', async (box) => {
    await put(backend, { container: box, key: 'b' }, 'as before');
    const wrong = checksumOf('md5', Buffer.from('other bytes')).hex;
    const outcomes = await putAll(box, [
      text('a', 'first'),
      { ...text('b', 'second'), md5: wrong },
      { ...text('c', 'third'), md5: wrong },
      text('d', 'fourth'),
    ]);
    expect(outcomes.map((outcome) => errorOf(outcome)?.name)).toEqual([
      undefined,
      'ObjectHashMismatchError',
      'ObjectHashMismatchError',
      undefined,
    ]);
    expect(errorOf(outcomes[1])).toBeInstanceOf(ObjectHashMismatchError);
    expect(await listKeys(backend, box)).toEqual(['a', 'b', 'd']);
    expect(await contentOf(backend, { container: box, key: 'b' })).toBe('as before');
    expect(await contentOf(backend, { container: box, key: 'd' })).toBe('fourth');
  });

  inContainer('G4: store odd keys as they are, and refuse impossible ones alone', async (box) => {
    const { maxKeyBytes } = backend.capabilities.limits;
    const keys = ['a b', 'per%20cent', 'é/🎉', '..', 'a//b', '\ufffd', 'new\nline', 'nul\u0000'];
    const impossible = ['', 'lone \ud800 surrogate', 'x'.repeat(maxKeyBytes + 1)];
    const refused = (key: string) => impossible.includes(key) || harness.refuses?.(key) === true;
    const all = [...impossible, ...keys, 'last'];
    const outcomes = await putAll(
      box,
      all.map((key) => text(key, `content of ${key}`)),
    );
    for (const [at, key] of all.entries()) {
      const name = JSON.stringify(key.slice(0, 40));
      if (refused(key)) expect(errorOf(outcomes[at]), name).toBeInstanceOf(InvalidObjectNameError);
      else {
        expect(outcomes[at], name).toHaveProperty('stored');
        expect(await contentOf(backend, { container: box, key })).toBe(`content of ${key}`);
      }
    }
    const stored = all.filter((key) => !refused(key));
    expect((await listKeys(backend, box)).sort()).toEqual(stored.sort());
  });

  inContainer(
    'G4: an object in the place of another, there or in the same batch, is stored or refused alone',
    async (container) => {
      await put(backend, { container, key: 'a/b' }, 'below');
      const given = [text('a', 'A'), text('a/b/c', 'ABC'), text('x/y', 'XY'), text('x', 'X')];
      const outcomes = await putAll(container, [...given, text('z', 'Z')]);
      const stored = new Map([['a/b', 'below']]);
      for (const [at, { key, content }] of given.entries()) {
        const error = errorOf(outcomes[at]);
        if (error === undefined) stored.set(key, Buffer.from(content).toString());
        else expect(error).toBeInstanceOf(InvalidObjectNameError);
      }
      stored.set('z', 'Z');
      expect((await listKeys(backend, container)).sort()).toEqual([...stored.keys()].sort());
      for (const [key, content] of stored)
        expect(await contentOf(backend, { container, key })).toBe(content);
    },
  );

  inContainer('replace objects; of a key that is named twice the later counts', async (box) => {
    for (const key of ['a', 'b']) await put(backend, { container: box, key }, 'as before');
    const given = [text('a', 'first'), text('b', 'second'), text('a', 'third')];
    for (const outcome of await putAll(box, given)) expect(outcome).toHaveProperty('stored');
    expect(await listKeys(backend, box)).toEqual(['a', 'b']);
    expect(await contentOf(backend, { container: box, key: 'a' })).toBe('third');
    expect(await contentOf(backend, { container: box, key: 'b' })).toBe('second');
  });

  inContainer('refuse an option that the provider lacks for its object alone', async (box) => {
    const odd = { ...plain, headers: { 'cache-control': 'no-store' }, storageClass: 'NO_SUCH' };
    const [first, second] = await putAll(box, [text('a', 'A', odd), text('b', 'B')]);
    const error = errorOf(first);
    if (error !== undefined) expect(error).toBeInstanceOf(UnsupportedOperationError);
    expect(second).toHaveProperty('stored');
    expect(await listKeys(backend, box)).toEqual(error === undefined ? ['a', 'b'] : ['b']);
  });
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
      expect(await listKeys(backend, container)).toEqual([]);
      const outcomes = await putAll(container, many.slice(0, most));
      expect(outcomes.filter((outcome) => 'stored' in outcome)).toHaveLength(most);
    },
  );

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
