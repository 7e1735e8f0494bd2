import { expect } from 'vitest';
import type { ByteRange } from '../../../src/drivers/call.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { ObjectDoesNotExistError } from '../../../src/drivers/errors.js';
import {
  call,
  contentOf,
  type Fixture,
  listAll,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  streamedBody,
} from './fixture.js';

const SIZES = [0, 1, 1023, 65_536, 65_537, 1_048_577];

export function objectCases({ backend, again, inContainer }: Fixture): void {
  inContainer(
    'G1: content of any size comes back byte for byte, from memory or from a stream, with its size and hash',
    async (container) => {
      for (const size of SIZES) {
        const content = randomContent(size);
        const inMemory = { container, key: `in memory/${size}` };
        const streamed = { container, key: `streamed/${size}` };
        const reported = [
          await put(backend, inMemory, content),
          await backend.putObject(streamed, streamedBody(content), plain, call),
          await backend.headObject(inMemory, call),
          await backend.headObject(streamed, call),
        ];
        for (const info of reported) {
          expect(info.size).toBe(size);
          expect(info.container).toBe(container);
          if (backend.hashType !== undefined)
            expect(info.checksums).toContainEqual(checksumOf(backend.hashType, content));
        }
        for (const ref of [inMemory, streamed]) {
          expect(
            (await readAll(await backend.readObject(ref, undefined, call))).equals(content),
            `${ref.key}`,
          ).toBe(true);
        }
      }
    },
  );

  inContainer(
    'G1: an object is there for another client as soon as the put resolves, in a listing too',
    async (container) => {
      const other = await again();
      for (const content of ['first', 'second, which is longer']) {
        await put(backend, { container, key: 'a/b' }, content);
        expect(await contentOf(other, { container, key: 'a/b' })).toBe(content);
        expect((await listAll(other, container)).map(({ key, size }) => [key, size])).toEqual([
          ['a/b', content.length],
        ]);
      }
      await backend.deleteObject({ container, key: 'a/b' }, call);
      expect(await listAll(other, container)).toEqual([]);
      await other.close();
    },
  );

  inContainer(
    'an overwrite replaces content, content type and metadata, all of them',
    async (container) => {
      const ref = { container, key: 'page.html' };
      await put(backend, ref, 'old', {
        contentType: 'text/html',
        metaData: { first: '1', both: 'old' },
      });
      await put(backend, ref, 'the new one', {
        contentType: 'text/plain',
        metaData: { both: 'new' },
      });
      const info = await backend.headObject(ref, call);
      expect(info).toMatchObject({ size: 11, metaData: { both: 'new' } });
      expect(Object.keys(info.metaData)).toEqual(['both']);
      expect(info.extra['contentType']).toBe('text/plain');
      expect(await contentOf(backend, ref)).toBe('the new one');
    },
  );

  inContainer(
    'metadata comes back: empty, Unicode, numbers, and keys in lower case',
    async (container) => {
      const metaData = {
        mtime: '1700000000.123456789',
        mode: '100644',
        'two-words': 'grüße, 日本 🎉',
        empty: '',
        spaced: 'a  b',
        percent: '100%25',
      };
      await put(backend, { container, key: 'with' }, 'x', { metaData });
      await put(backend, { container, key: 'without' }, 'x');
      expect((await backend.headObject({ container, key: 'with' }, call)).metaData).toEqual(
        metaData,
      );
      expect((await backend.headObject({ container, key: 'without' }, call)).metaData).toEqual({});
      if (backend.capabilities.listingHas.metaData) {
        expect((await listAll(backend, container)).map((info) => info.metaData)).toEqual([
          metaData,
          {},
        ]);
      }
    },
  );

  inContainer(
    'an object: has its time of change, where the provider reports one, in milliseconds',
    async (container) => {
      const ref = { container, key: 'timed' };
      await put(backend, ref, 'x');
      const { lastModified } = (await backend.headObject(ref, call)).extra;
      if (lastModified === undefined) return;
      expect(lastModified).toBeGreaterThan(Date.parse('2020-01-01'));
      expect(lastModified).toBeLessThan(Date.parse('2100-01-01'));
    },
  );

  inContainer(
    'G5: a missing object is ObjectDoesNotExistError, but nothing to delete is no error',
    async (container) => {
      await put(backend, { container, key: 'folder/there' }, 'x');
      for (const key of ['missing', 'folder/missing', 'folder', 'folder/ther']) {
        const ref = { container, key };
        for (const run of [
          () => backend.headObject(ref, call),
          () => backend.readObject(ref, undefined, call),
        ]) {
          const error = await rejection(run());
          expect(error, key).toBeInstanceOf(ObjectDoesNotExistError);
          expect(error).toMatchObject({
            name: 'ObjectDoesNotExistError',
            objectName: key,
            retry: 'never',
          });
          expect(error.message).toContain(`object "${key}" does not exist`);
        }
        await backend.deleteObject(ref, call);
      }
      expect(await contentOf(backend, { container, key: 'folder/there' })).toBe('x');
    },
  );

  inContainer('a deleted object is gone, and its neighbours are not', async (container) => {
    for (const key of ['a/b', 'a/bc', 'a/b.d']) await put(backend, { container, key }, key);
    await backend.deleteObject({ container, key: 'a/b' }, call);
    await backend.deleteObject({ container, key: 'a/b' }, call);
    await rejection(backend.headObject({ container, key: 'a/b' }, call));
    expect((await listAll(backend, container)).map(({ key }) => key).sort()).toEqual([
      'a/b.d',
      'a/bc',
    ]);
  });

  inContainer(
    'ranges: first, middle, last, open, over the end, and behind it',
    async (container) => {
      const ref = { container, key: 'digits' };
      await put(backend, ref, '0123456789');
      const ranges: readonly (readonly [ByteRange, string])[] = [
        [{ start: 0, end: 1 }, '0'],
        [{ start: 3, end: 6 }, '345'],
        [{ start: 9, end: 10 }, '9'],
        [{ start: 7 }, '789'],
        [{ start: 0 }, '0123456789'],
        [{ start: 8, end: 1000 }, '89'],
        [{ start: 10 }, ''],
        [{ start: 10, end: 12 }, ''],
        [{ start: 5000, end: 6000 }, ''],
      ];
      for (const [range, expected] of ranges) {
        const bytes = await readAll(await backend.readObject(ref, range, call));
        expect(bytes.toString(), JSON.stringify(range)).toBe(expected);
      }
      await put(backend, { container, key: 'nothing' }, '');
      expect(
        (
          await readAll(
            await backend.readObject({ container, key: 'nothing' }, { start: 0, end: 5 }, call),
          )
        ).byteLength,
      ).toBe(0);
    },
  );

  inContainer(
    'G2: a reader that names the etag of an earlier content gets no byte of another one, in whole or in a range',
    async (container) => {
      const ref = { container, key: 'replaced' };
      const { etag } = (await put(backend, ref, 'the first')).extra;
      if (typeof etag !== 'string') return;
      const read = async (of: string, range?: ByteRange) =>
        (await readAll(await backend.readObject({ ...ref, etag: of }, range, call))).toString();
      expect(await read(etag)).toBe('the first');
      expect(await read(etag, { start: 4 })).toBe('first');
      const second = (await put(backend, ref, 'something')).extra['etag'] as string;
      for (const range of [undefined, { start: 4 }])
        expect(await rejection(read(etag, range))).toMatchObject({
          name: 'ObjectChangedError',
          objectName: 'replaced',
          retry: 'never',
        });
      expect(await read(second)).toBe('something');
    },
  );

  inContainer('a reader that leaves early leaves nothing behind', async (container) => {
    const ref = { container, key: 'large' };
    await put(backend, ref, randomContent(1_000_000));
    for (let i = 0; i < 20; i += 1) {
      for await (const _ of await backend.readObject(ref, undefined, call)) break;
    }
    await put(backend, ref, 'small');
    expect(await contentOf(backend, ref)).toBe('small');
  });
}
