import { expect, it } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import type { ObjectRef } from '../../../src/drivers/call.js';
import type { Copy } from '../../../src/drivers/capabilities.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
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
} from './fixture.js';

const md5Of = (content: string | Buffer): string => checksumOf('md5', Buffer.from(content)).hex;

/** Copies of a source that must be the expected one. */
export function boundCopyCases({ backend, inContainer }: Fixture, copy: Copy): void {
  const etagOf = async (ref: ObjectRef) =>
    String((await backend.headObject(ref, call)).extra['etag']);

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
}
