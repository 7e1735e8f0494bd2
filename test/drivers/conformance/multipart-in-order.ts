import { expect, it } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import type { Multipart, Part } from '../../../src/drivers/capabilities.js';
import {
  ContainerDoesNotExistError,
  ObjectDoesNotExistError,
} from '../../../src/drivers/errors.js';
import { sendObject } from '../../../src/drivers/send.js';
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

/** Uploads whose parts are pieces of one stream. */
export function inOrderCases({ backend, again, inContainer }: Fixture, multipart: Multipart): void {
  const { min, max, maxParts } = multipart.partSize;
  const described = { ...plain, contentType: 'text/csv', metaData: { mtime: '17.5' } };

  it('have parts of one size, and enough of them for the largest object', () => {
    expect(max).toBe(min);
    expect(max * maxParts).toBeGreaterThanOrEqual(backend.capabilities.limits.maxObjectSize);
  });

  for (const size of [0, 1, min, min + 1]) {
    inContainer(`G1: ${size} bytes in parts of ${min} become one object`, async (container) => {
      const ref = { container, key: 'folder/in parts %é' };
      const content = randomContent(size);
      const token = await multipart.begin(ref, described, call);
      expect(JSON.parse(JSON.stringify(token))).toEqual(token);
      const parts: Part[] = [];
      for (let at = 0; at < size; at += min) {
        const bytes = content.subarray(at, at + min);
        const body = parts.length % 2 ? streamedBody(bytes) : bytesBody(bytes);
        parts.push(await multipart.uploadPart(token, parts.length + 1, body, call));
      }
      expect(await listKeys(backend, container), 'nothing is to be seen before the end').toEqual(
        [],
      );
      expect(await multipart.complete(token, parts, call)).toMatchObject({ ...ref, size });
      const other = await again();
      const found = await other.headObject(ref, call);
      expect(found).toMatchObject({ size, metaData: { mtime: '17.5' } });
      expect(found.extra['contentType']).toBe('text/csv');
      expect((await readAll(await other.readObject(ref, undefined, call))).equals(content)).toBe(
        true,
      );
      await other.close();
    });
  }

  inContainer('are resumed by a second client from the token', async (container) => {
    const ref = { container, key: 'resumed' };
    const content = randomContent(min + 300_000);
    const token = await multipart.begin(ref, plain, call);
    await multipart.uploadPart(token, 1, bytesBody(content.subarray(0, min)), call);
    const other = await again();
    const there = await other.capabilities.multipart!.uploadedParts(token, call);
    expect(there.map(({ number, size }) => [number, size])).toEqual([[1, min]]);
    const { info, checksum } = await sendObject(other, ref, bytesBody(content), plain, {
      signal: call.signal,
      verifyHash: true,
      resume: { token, keep: async () => {} },
      partsAbove: 1,
    });
    expect(info.checksums).toContainEqual(checksum);
    expect((await readAll(await backend.readObject(ref, undefined, call))).equals(content)).toBe(
      true,
    );
    await other.close();
  });

  inContainer(
    'G2: leave the previous object until they are complete, and when they are aborted',
    async (container) => {
      const ref = { container, key: 'replaced' };
      await put(backend, ref, 'as before');
      const token = await multipart.begin(ref, plain, call);
      const part = await multipart.uploadPart(token, 1, bytesBody(randomContent(10)), call);
      expect(await contentOf(backend, ref)).toBe('as before');
      await multipart.abort(token, call);
      await multipart.abort(token, call);
      expect(await contentOf(backend, ref)).toBe('as before');
      expect(await rejection(multipart.uploadedParts(token, call))).toBeInstanceOf(
        ObjectDoesNotExistError,
      );
      await rejection(multipart.complete(token, [part], call));
    },
  );

  inContainer('G2: a part whose source fails can be sent again', async (container) => {
    const ref = { container, key: 'parts' };
    const token = await multipart.begin(ref, plain, call);
    const content = randomContent(1000);
    for (const size of [999, 1001])
      await rejection(multipart.uploadPart(token, 1, { ...streamedBody(content), size }, call));
    const part = await multipart.uploadPart(token, 1, streamedBody(content), call);
    await multipart.complete(token, [part], call);
    expect((await readAll(await backend.readObject(ref, undefined, call))).equals(content)).toBe(
      true,
    );
  });

  inContainer(
    'G2: cannot be completed with a part that was never sent, or that was sent out of order',
    async (container) => {
      const token = await multipart.begin({ container, key: 'gap' }, plain, call);
      await rejection(multipart.uploadPart(token, 2, bytesBody(randomContent(10)), call));
      const part = await multipart.uploadPart(token, 1, bytesBody(randomContent(10)), call);
      const never = { ...part, number: 2 };
      await rejection(multipart.complete(token, [part, never], call));
      await rejection(multipart.complete(token, [never], call));
      expect(await listKeys(backend, container)).toEqual([]);
    },
  );

  inContainer(
    'G6: a call whose signal is aborted already rejects with its reason',
    async (container) => {
      const reason = new Error('no more');
      const aborted = { signal: AbortSignal.abort(reason) };
      const token = await multipart.begin({ container, key: 'aborted' }, plain, call);
      const part = await multipart.uploadPart(token, 1, bytesBody(randomContent(10)), call);
      for (const run of [
        multipart.begin({ container, key: 'x' }, plain, aborted),
        multipart.uploadPart(token, 1, bytesBody(randomContent(10)), aborted),
        multipart.uploadedParts(token, aborted),
        multipart.complete(token, [part], aborted),
        multipart.abort(token, aborted),
        multipart.unfinished(container, '', aborted),
      ])
        expect(await rejection(run)).toBe(reason);
      expect(await listKeys(backend, container)).toEqual([]);
    },
  );

  it('G5: cannot begin in a missing container', async () => {
    const ref = { container: uniqueContainerName(), key: 'x' };
    expect(await rejection(multipart.begin(ref, plain, call))).toBeInstanceOf(
      ContainerDoesNotExistError,
    );
  });
}
