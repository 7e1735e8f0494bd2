import { expect } from 'vitest';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  InvalidObjectNameError,
  ObjectError,
  ObjectHashMismatchError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import { errorOf, type PutAll, plain, text } from './batch-of.js';
import { call, contentOf, type Fixture, listKeys, put, randomContent, readAll } from './fixture.js';

export function outcomeCases({ backend, harness, inContainer }: Fixture, putAll: PutAll): void {
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
        const { etag, versionId } = info.extra;
        expect(outcomes[at], key).toEqual({ stored: { md5, etag, versionId } });
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

  inContainer('replace objects', async (box) => {
    for (const key of ['a', 'b']) await put(backend, { container: box, key }, 'as before');
    for (const outcome of await putAll(box, [text('a', 'first'), text('b', 'second')]))
      expect(outcome).toHaveProperty('stored');
    expect(await contentOf(backend, { container: box, key: 'a' })).toBe('first');
    expect(await contentOf(backend, { container: box, key: 'b' })).toBe('second');
  });

  inContainer('refuse an option that the provider lacks for its object alone', async (box) => {
    const odd = { ...plain, headers: { 'cache-control': 'no-store' }, storageClass: 'NO_SUCH' };
    const [first, second] = await putAll(box, [text('a', 'A', odd), text('b', 'B')]);
    const error = errorOf(first);
    // A store that has classes of its own is asked, and refuses this object.
    if (error !== undefined && !(error instanceof ObjectError))
      expect(error).toBeInstanceOf(UnsupportedOperationError);
    expect(second).toHaveProperty('stored');
    expect(await listKeys(backend, box)).toEqual(error === undefined ? ['a', 'b'] : ['b']);
  });
}
