import { expect, it } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import type { ObjectRef } from '../../../src/drivers/call.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
  ObjectError,
  PreconditionFailedError,
} from '../../../src/drivers/errors.js';
import {
  call,
  contentOf,
  type Fixture,
  listKeys,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  uniqueContainerName,
} from './fixture.js';

const md5Of = (content: string | Buffer): string => checksumOf('md5', Buffer.from(content)).hex;

export function copyCases({ backend, again, inContainer }: Fixture): void {
  const { copy } = backend.capabilities;
  const etagOf = async (ref: ObjectRef) =>
    String((await backend.headObject(ref, call)).extra['etag']);
  if (copy === undefined) {
    it('are not declared', () => expect(copy).toBeUndefined());
    return;
  }

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

  inContainer(
    'a source that is the expected one is copied, to a new name and over an older object',
    async (container) => {
      const from = { container, key: 'from' };
      await put(backend, { container, key: 'taken' }, 'what was there');
      for (const [content, key] of [
        ['content', 'new'],
        ['other content', 'taken'],
        ['', 'empty'],
      ] as const) {
        await put(backend, from, content);
        const expected = { md5: md5Of(content), etag: await etagOf(from) };
        await copy.copyObject({ ...from, expected }, { container, key }, undefined, call);
        expect(await contentOf(backend, { container, key })).toBe(content);
      }
      const replace = { contentType: 'text/plain', metaData: { a: '2' } };
      await copy.copyObject(
        { ...from, expected: { md5: md5Of(''), etag: await etagOf(from) } },
        from,
        replace,
        call,
      );
      expect((await backend.headObject(from, call)).metaData).toEqual({ a: '2' });
    },
  );

  inContainer(
    'G2: a source that is not the expected one is not copied, and the destination stays unchanged',
    async (container) => {
      const from = { container, key: 'from' };
      const to = { container, key: 'to' };
      await put(backend, from, 'first one');
      const expected = { md5: md5Of('first one'), etag: await etagOf(from) };
      await put(backend, from, 'other one', { metaData: { a: '1' } });
      const refused = async (target: typeof to) => {
        const error = await rejection(
          copy.copyObject(
            { ...from, expected },
            target,
            { contentType: 'text/plain', metaData: {} },
            call,
          ),
        );
        expect(error).toBeInstanceOf(PreconditionFailedError);
        expect(error).toMatchObject({ objectName: 'from' });
      };
      await refused(to);
      expect(await listKeys(backend, container)).toEqual(['from']);
      await put(backend, to, 'what was there');
      await refused(to);
      expect(await contentOf(backend, to)).toBe('what was there');
      await refused(from);
      expect((await backend.headObject(from, call)).metaData).toEqual({ a: '1' });
      const missing = await rejection(
        copy.copyObject({ container, key: 'none', expected }, to, undefined, call),
      );
      expect(missing).toBeInstanceOf(ObjectDoesNotExistError);
    },
  );

  inContainer(
    'a copy: recognises its source by the etag where no digest is known',
    async (container) => {
      const { multipart } = backend.capabilities;
      if (multipart === undefined) return;
      const from = { container, key: 'in parts' };
      const putInParts = async (content: Buffer) => {
        const token = await multipart.begin(from, plain, call);
        await multipart.complete(
          token,
          [await multipart.uploadPart(token, 1, bytesBody(content), call)],
          call,
        );
        return { md5: md5Of(content), etag: await etagOf(from) };
      };
      const before = await putInParts(randomContent(1000));
      const content = randomContent(1000);
      const expected = await putInParts(content);
      const to = { container, key: 'to' };
      expect(
        await rejection(copy.copyObject({ ...from, expected: before }, to, undefined, call)),
      ).toBeInstanceOf(PreconditionFailedError);
      expect(await listKeys(backend, container)).toEqual(['in parts']);
      await copy.copyObject({ ...from, expected }, to, undefined, call);
      expect((await readAll(await backend.readObject(to, undefined, call))).equals(content)).toBe(
        true,
      );
    },
  );

  if (copy.bindsSource)
    inContainer(
      'G2: an object that replaces the source during its check is never copied',
      async (container) => {
        const from = { container, key: 'from' };
        for (let round = 0; round < 10; round += 1) {
          const to = { container, key: `to ${round}` };
          await put(backend, from, 'the one');
          const expected = { md5: md5Of('the one'), etag: await etagOf(from) };
          const [copied] = await Promise.allSettled([
            copy.copyObject({ ...from, expected }, to, undefined, call),
            put(backend, from, 'another one'),
          ]);
          const there = (await listKeys(backend, container)).includes(to.key)
            ? await contentOf(backend, to)
            : undefined;
          expect(there).toBe(copied.status === 'fulfilled' ? 'the one' : undefined);
          if (copied.status === 'rejected') expect(copied.reason).toBeInstanceOf(ObjectError);
        }
      },
    );
  else
    it('copies are not bound to the source that was seen', () =>
      expect(copy.bindsSource).toBe(false));

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
