import { expect, it } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import type { Multipart, UploadToken } from '../../../src/drivers/capabilities.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
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
  streamedBody,
  uniqueContainerName,
} from './fixture.js';
import { inOrderCases } from './multipart-in-order.js';

export function multipartCases(fixture: Fixture): void {
  const { backend, again, inContainer } = fixture;
  const { multipart } = backend.capabilities;
  if (multipart === undefined) {
    it('are not declared, so one put takes any size that an object may have', () => {
      expect(backend.capabilities.limits.maxPutSize).toBeGreaterThanOrEqual(
        backend.capabilities.limits.maxObjectSize,
      );
    });
    return;
  }
  if (multipart.inOrder) {
    inOrderCases(fixture, multipart);
    return;
  }
  const { min, max, maxParts } = multipart.partSize;

  it('have part sizes that fit each other and the largest object', () => {
    expect(min).toBeGreaterThan(0);
    expect(max).toBeGreaterThanOrEqual(min);
    expect(max * maxParts).toBeGreaterThanOrEqual(backend.capabilities.limits.maxObjectSize);
  });

  for (const size of [1, min - 1, min, min + 1, 2 * min, 2 * min + 1]) {
    inContainer(`G1: ${size} bytes in parts of ${min} become one object`, async (container) => {
      const ref = { container, key: 'folder/in parts %é' };
      const content = randomContent(size);
      const options = { ...plain, contentType: 'text/csv', metaData: { mtime: '17.5' } };
      const token = await multipart.begin(ref, options, call);
      expect(JSON.parse(JSON.stringify(token))).toEqual(token);
      const parts = [];
      for (let at = 0; at < size; at += min) {
        const bytes = content.subarray(at, at + min);
        parts.push(
          await multipart.uploadPart(
            token,
            at / min + 1,
            parts.length % 2 ? streamedBody(bytes) : bytesBody(bytes),
            call,
          ),
        );
      }
      expect(await listKeys(backend, container), 'nothing is to be seen before the end').toEqual(
        [],
      );
      const info = await multipart.complete(token, parts, call);
      expect(info).toMatchObject({ ...ref, size });
      const etag = multipart.etagOfParts(
        container,
        parts.map((part) => ({ size: part.size, md5: part.md5 ?? '' })),
      );
      const other = await again();
      const found = await other.headObject(ref, call);
      expect(found).toMatchObject({ size, metaData: { mtime: '17.5' } });
      expect(found.extra['contentType']).toBe('text/csv');
      if (etag !== undefined)
        expect(found.extra['etag'], 'what is said of the ETag holds').toBe(etag);
      expect((await readAll(await other.readObject(ref, undefined, call))).equals(content)).toBe(
        true,
      );
      expect(await listKeys(other, container)).toEqual([ref.key]);
      expect(await multipart.unfinished(container, '', call)).toEqual([]);
      await other.close();
    });
  }

  inContainer(
    'are resumed by a second client from the token, with parts in any order and some sent filled',
    async (container) => {
      const ref = { container, key: 'resumed' };
      const content = randomContent(2 * min + 7);
      const slices = [
        content.subarray(0, min),
        content.subarray(min, 2 * min),
        content.subarray(2 * min),
      ] as const;
      const token = await multipart.begin(ref, plain, call);
      await multipart.uploadPart(token, 3, bytesBody(slices[2]), call);
      await multipart.uploadPart(token, 1, bytesBody(randomContent(min)), call);
      await multipart.uploadPart(token, 1, bytesBody(slices[0]), call);

      const other = await again();
      const resumed = other.capabilities.multipart!;
      const kept: UploadToken = JSON.parse(JSON.stringify(token));
      const there = await resumed.uploadedParts(kept, call);
      expect(there.map(({ number, size }) => [number, size])).toEqual([
        [1, min],
        [3, 7],
      ]);
      for (const { number, md5 } of there)
        if (md5 !== undefined) expect(md5).toBe(checksumOf('md5', slices[number - 1]!).hex);
      const second = await resumed.uploadPart(kept, 2, bytesBody(slices[1]), call);
      await resumed.complete(kept, [there[0]!, second, there[1]!], call);
      expect((await readAll(await backend.readObject(ref, undefined, call))).equals(content)).toBe(
        true,
      );
      await other.close();
    },
  );

  inContainer(
    'G2: leave the previous object until they are complete, and when they are aborted',
    async (container) => {
      const ref = { container, key: 'replaced' };
      await put(backend, ref, 'as before');
      const token = await multipart.begin(ref, plain, call);
      await multipart.uploadPart(token, 1, bytesBody(randomContent(10)), call);
      expect(await contentOf(backend, ref)).toBe('as before');
      await multipart.abort(token, call);
      await multipart.abort(token, call);
      expect(await contentOf(backend, ref)).toBe('as before');
      expect(await multipart.unfinished(container, '', call)).toEqual([]);
      expect(await rejection(multipart.uploadedParts(token, call))).toBeInstanceOf(
        ObjectDoesNotExistError,
      );
      await rejection(multipart.uploadPart(token, 2, bytesBody(randomContent(10)), call));
    },
  );

  inContainer('that are unfinished are listed by prefix', async (container) => {
    const tokens = [];
    for (const key of ['a/1', 'a/2', 'ab', 'b'])
      tokens.push(await multipart.begin({ container, key }, plain, call));
    const found = await multipart.unfinished(container, 'a/', call);
    expect(found.map(({ key }) => key).sort()).toEqual(['a/1', 'a/2']);
    const hourAgoMs = Date.now() - 3_600_000;
    for (const { beganAtMs } of found)
      if (beganAtMs !== undefined) expect(beganAtMs).toBeGreaterThan(hourAgoMs);
    for (const token of await multipart.unfinished(container, '', call))
      await multipart.abort(token, call);
    expect(await multipart.unfinished(container, '', call)).toEqual([]);
  });

  inContainer(
    'G4: that are unfinished are listed under their names, and can be aborted by them',
    async (container) => {
      const keys = ['100%', '100%25', 'a b+c', 'a%20b', 'a+b', 'folder/#,', 'ä/€'];
      for (const key of keys) await multipart.begin({ container, key }, plain, call);
      expect(
        (await multipart.unfinished(container, '', call)).map(({ key }) => key).sort(),
      ).toEqual(keys);
      expect((await multipart.unfinished(container, 'a%', call)).map(({ key }) => key)).toEqual([
        'a%20b',
      ]);
      for (const token of await multipart.unfinished(container, '', call))
        await multipart.abort(token, call);
      expect(await multipart.unfinished(container, '', call)).toEqual([]);
    },
  );

  inContainer(
    'G2: a part whose source fails is not there, and can be sent again',
    async (container) => {
      const token = await multipart.begin({ container, key: 'parts' }, plain, call);
      const content = randomContent(1000);
      await rejection(
        multipart.uploadPart(token, 1, { ...streamedBody(content), size: 1001 }, call),
      );
      await rejection(
        multipart.uploadPart(token, 1, { ...streamedBody(content), size: 999 }, call),
      );
      expect(await multipart.uploadedParts(token, call)).toEqual([]);
      const part = await multipart.uploadPart(token, 1, streamedBody(content), call);
      await multipart.complete(token, [part], call);
      expect(
        (
          await readAll(await backend.readObject({ container, key: 'parts' }, undefined, call))
        ).equals(content),
      ).toBe(true);
    },
  );

  inContainer('G2: cannot be completed with a part that was never sent', async (container) => {
    const ref = { container, key: 'gap' };
    const token = await multipart.begin(ref, plain, call);
    const part = await multipart.uploadPart(token, 1, bytesBody(randomContent(min)), call);
    await rejection(
      multipart.complete(token, [part, { ...part, number: 2, receipt: '"made up"' }], call),
    );
    expect(await listKeys(backend, container)).toEqual([]);
  });

  inContainer(
    'G6: a call whose signal is aborted already rejects with its reason',
    async (container) => {
      const reason = new Error('no more');
      const aborted = { signal: AbortSignal.abort(reason) };
      const token = await multipart.begin({ container, key: 'aborted' }, plain, call);
      const part = await multipart.uploadPart(token, 1, bytesBody(randomContent(10)), call);
      expect(await rejection(multipart.begin({ container, key: 'x' }, plain, aborted))).toBe(
        reason,
      );
      expect(
        await rejection(multipart.uploadPart(token, 1, bytesBody(randomContent(10)), aborted)),
      ).toBe(reason);
      expect(await rejection(multipart.complete(token, [part], aborted))).toBe(reason);
      expect(await rejection(multipart.abort(token, aborted))).toBe(reason);
      expect(await listKeys(backend, container)).toEqual([]);
    },
  );

  if (multipart.severalSenders === true) severalSendersCases(fixture, multipart);

  it('G5: cannot begin in a missing container', async () => {
    const ref = { container: uniqueContainerName(), key: 'x' };
    expect(await rejection(multipart.begin(ref, plain, call))).toBeInstanceOf(
      ContainerDoesNotExistError,
    );
  });
}

/** What a process may do that was frozen, or taken for dead, while another one sent its parts. */
function severalSendersCases({ backend, again, inContainer }: Fixture, multipart: Multipart): void {
  const { min } = multipart.partSize;
  const filled = (character: string) => Buffer.alloc(min, character);

  inContainer(
    'G1: a part that another process sent again with other bytes is in no object: a completion is refused, or does not use it',
    async (container) => {
      const ref = { container, key: 'large' };
      const late = (await again()).capabilities.multipart;
      if (late === undefined) throw new TypeError('the same backend has uploads in parts');
      const token = await multipart.begin(ref, plain, call);
      const part = await multipart.uploadPart(token, 1, bytesBody(filled('a')), call);
      const last = await multipart.uploadPart(token, 2, bytesBody(Buffer.from('end')), call);
      expect(part.md5, 'a part has its MD5').toBe(checksumOf('md5', filled('a')).hex);
      await late.uploadPart(token, 1, bytesBody(filled('b')), call);
      const refusal: unknown = await multipart.complete(token, [part, last], call).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refusal === undefined) {
        expect((await contentOf(backend, ref)) === `${filled('a')}end`).toBe(true);
        return;
      }
      expect(refusal).toMatchObject({ retry: expect.not.stringMatching('never') });
      const there = await multipart.uploadedParts(token, call);
      const listed = there[0]?.md5; // where it is known
      expect([undefined, checksumOf('md5', filled('b')).hex]).toContain(listed);
      const mended = await multipart.uploadPart(token, 1, bytesBody(filled('a')), call);
      await multipart.complete(token, [mended, last], call);
      expect((await contentOf(backend, ref)) === `${filled('a')}end`).toBe(true);
    },
  );

  inContainer(
    'G1: a part that comes after the end, of this process or another, changes no object and leaves nothing',
    async (container) => {
      const late = (await again()).capabilities.multipart;
      if (late === undefined) throw new TypeError('the same backend has uploads in parts');
      const ref = { container, key: 'large' };
      const token = await multipart.begin(ref, plain, call);
      const part = await multipart.uploadPart(token, 1, bytesBody(filled('a')), call);
      await multipart.complete(token, [part], call);
      const comesLate = (upload: UploadToken, number: number) =>
        // Refused, or kept by the provider as a part of nothing.
        late.uploadPart(upload, number, bytesBody(filled('b')), call).catch(() => undefined);
      await comesLate(token, 1);
      await comesLate(token, 2);
      expect((await contentOf(backend, ref)) === String(filled('a'))).toBe(true);
      const other = await multipart.begin(ref, plain, call);
      await multipart.abort(other, call);
      await comesLate(other, 1);
      expect(await multipart.unfinished(container, '', call)).toEqual([]);
      expect((await contentOf(backend, ref)) === String(filled('a'))).toBe(true);
      const next = await multipart.begin(ref, plain, call);
      const its = await multipart.uploadPart(next, 1, bytesBody(filled('c')), call);
      await comesLate(token, 1);
      await comesLate(other, 1);
      expect((await multipart.uploadedParts(next, call)).length).toBeLessThanOrEqual(1);
      await multipart.complete(next, [its], call);
      expect((await contentOf(backend, ref)) === String(filled('c'))).toBe(true);
    },
  );
}
