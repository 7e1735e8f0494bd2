import { expect, it } from 'vitest';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
  PreconditionFailedError,
} from '../../../src/drivers/errors.js';
import { boundCopyCases } from './bound-copy.js';
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

export function copyCases(fixture: Fixture): void {
  const { backend, again, inContainer } = fixture;
  const { copy } = backend.capabilities;
  if (copy === undefined) {
    it('are not declared', () => expect(copy).toBeUndefined());
    return;
  }
  boundCopyCases(fixture, copy);

  inContainer(
    'G1: a copy has the content, content type and metadata of its source, for another client too',
    async (container) => {
      const from = { container, key: 'from here/a %+é' };
      const to = { container, key: 'to there/b %+é' };
      const content = randomContent(70_000);
      await put(backend, from, content, { contentType: 'text/csv', metaData: { mtime: '17.5' } });
      const info = await copy.copyObject(from, to, undefined, call);
      expect(info).toMatchObject({ ...to, size: 70_000 });
      const other = await again();
      const found = await other.headObject(to, call);
      expect(found).toMatchObject({ size: 70_000, metaData: { mtime: '17.5' } });
      expect(found.extra['contentType']).toBe('text/csv');
      expect((await readAll(await other.readObject(to, undefined, call))).equals(content)).toBe(
        true,
      );
      expect(await contentOf(backend, from)).toBe(content.toString());
      await other.close();
    },
  );

  inContainer(
    'a copy may get another content type and metadata, and replaces what was there',
    async (container) => {
      const from = { container, key: 'from' };
      const to = { container, key: 'to' };
      await put(backend, from, 'content', { contentType: 'text/csv', metaData: { a: '1' } });
      await put(backend, to, 'what was there', { metaData: { c: '3' } });
      await copy.copyObject(from, to, { contentType: 'text/plain', metaData: { b: '2' } }, call);
      const found = await backend.headObject(to, call);
      expect(found.metaData).toEqual({ b: '2' });
      expect(found.extra['contentType']).toBe('text/plain');
      expect(await contentOf(backend, to)).toBe('content');
      expect((await backend.headObject(from, call)).metaData).toEqual({ a: '1' });
    },
  );

  inContainer('a copy onto itself changes content type and metadata only', async (container) => {
    const ref = { container, key: 'same' };
    await put(backend, ref, 'content', { metaData: { a: '1' } });
    await copy.copyObject(ref, ref, { contentType: 'text/plain', metaData: { a: '2' } }, call);
    expect((await backend.headObject(ref, call)).metaData).toEqual({ a: '2' });
    expect(await contentOf(backend, ref)).toBe('content');
    expect(await listKeys(backend, container)).toEqual(['same']);
  });

  inContainer('an empty object can be copied', async (container) => {
    await put(backend, { container, key: 'empty' }, '');
    await copy.copyObject({ container, key: 'empty' }, { container, key: 'too' }, undefined, call);
    expect((await backend.headObject({ container, key: 'too' }, call)).size).toBe(0);
  });

  if (copy.ifAbsent)
    inContainer(
      'a copy that asks for the absence of its destination replaces no object',
      async (container) => {
        const from = { container, key: 'from' };
        const to = { container, key: 'to' };
        await put(backend, from, 'copied');
        await put(backend, to, 'what was there');
        const replace = {
          contentType: 'text/plain',
          metaData: {},
          precondition: { ifAbsent: true },
        } as const;
        expect(await rejection(copy.copyObject(from, to, replace, call))).toBeInstanceOf(
          PreconditionFailedError,
        );
        expect(await contentOf(backend, to)).toBe('what was there');
        await copy.copyObject(from, { container, key: 'new' }, replace, call);
        expect(await contentOf(backend, { container, key: 'new' })).toBe('copied');
      },
    );

  inContainer(
    'G5: a missing source or container is said to be missing, and nothing is stored',
    async (container) => {
      const missing = await rejection(
        copy.copyObject({ container, key: 'none' }, { container, key: 'to' }, undefined, call),
      );
      expect(missing).toBeInstanceOf(ObjectDoesNotExistError);
      expect(missing).toMatchObject({ objectName: 'none' });
      await put(backend, { container, key: 'from' }, 'x');
      const elsewhere = { container: uniqueContainerName(), key: 'to' };
      expect(
        await rejection(copy.copyObject({ container, key: 'from' }, elsewhere, undefined, call)),
      ).toBeInstanceOf(ContainerDoesNotExistError);
      expect(await listKeys(backend, container)).toEqual(['from']);
    },
  );

  inContainer('G6: a copy whose signal is aborted already is not made', async (container) => {
    const reason = new Error('no more');
    await put(backend, { container, key: 'from' }, 'x');
    const aborted = copy.copyObject(
      { container, key: 'from' },
      { container, key: 'to' },
      undefined,
      { signal: AbortSignal.abort(reason) },
    );
    expect(await rejection(aborted)).toBe(reason);
    expect(await listKeys(backend, container)).toEqual(['from']);
  });
}
