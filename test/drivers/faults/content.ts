import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { ObjectDoesNotExistError, ObjectHashMismatchError } from '../../../src/drivers/errors.js';
import { sendObject } from '../../../src/drivers/send.js';
import {
  call,
  listKeys,
  plain,
  put,
  randomContent,
  readAll,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import type { FaultDialect, FaultyService } from './dialect.js';
import { CONTAINER, partOf, REF, stepsOf } from './steps.js';

/** Wrong digests, successes that are none, and uploads in parts whose answers are lost. */
export function contentFaults(dialect: FaultDialect, service: () => FaultyService): void {
  const { driver, hollow, partSize, onePart = 10 } = dialect;
  const backend = () => service().backend;
  const multipart = () => backend().capabilities.multipart!;

  test.each(['in memory', 'streamed'])(
    'P2: an ETag that is not that of the bytes sent, %s, is a hash mismatch of an object, a part and a whole upload',
    async (form) => {
      const content = randomContent(onePart);
      const body = form === 'in memory' ? bytesBody(content) : streamedBody(content);
      service().next('put', { kind: 'wrong-etag' });
      const settings = { signal: call.signal, verifyHash: true };
      expect(await rejection(sendObject(backend(), REF, body, plain, settings))).toBeInstanceOf(
        ObjectHashMismatchError,
      );
      const token = await multipart().begin(REF, plain, call);
      service().next('part', { kind: 'wrong-etag' });
      expect(await rejection(multipart().uploadPart(token, 1, body, call))).toBeInstanceOf(
        ObjectHashMismatchError,
      );
      const part = await multipart().uploadPart(token, 1, body, call);
      service().next('complete', { kind: 'wrong-etag' });
      expect(await rejection(multipart().complete(token, [part], call))).toBeInstanceOf(
        ObjectHashMismatchError,
      );
    },
  );

  test.each(hollow)(
    'P2: %s: a success for which nothing was done is an error, and the next try does the work',
    async (step, type) => {
      const ask = await stepsOf(backend(), partOf(dialect))[step]!();
      await put(backend(), { container: CONTAINER, key: 'a' }, 'a');
      const before = await listKeys(backend(), CONTAINER);
      service().next(step, { kind: 'hollow' });
      const error = await rejection(ask());
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ driver, retry: 'backoff' });
      expect(await listKeys(backend(), CONTAINER)).toEqual(before);
      await ask();
    },
  );

  test('P5: a completion whose answer was lost is found done when it is sent again, and only then', async () => {
    const token = await multipart().begin(REF, plain, call);
    const content = randomContent(onePart);
    const part = await multipart().uploadPart(token, 1, bytesBody(content), call);
    service().next('complete', { kind: 'lose-answer' });
    await rejection(multipart().complete(token, [part], call));
    for (let again = 0; again < 2; again += 1)
      expect(await multipart().complete(token, [part], call)).toMatchObject({
        key: REF.key,
        size: onePart,
      });
    expect((await readAll(await backend().readObject(REF, undefined, call))).equals(content)).toBe(
      true,
    );
    await put(backend(), REF, 'another writer');
    expect(await rejection(multipart().complete(token, [part], call))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
  });

  test('P5: an upload in parts that another process goes on with sends only the missing parts', async () => {
    const content = randomContent(2 * partSize + 3);
    const token = await multipart().begin(REF, plain, call);
    for (const number of [1, 3]) {
      const bytes = content.subarray((number - 1) * partSize, number * partSize);
      await multipart().uploadPart(token, number, bytesBody(bytes), call);
    }
    const before = service().count('part');
    const again = service().open();
    await sendObject(again, REF, bytesBody(content), plain, {
      signal: call.signal,
      verifyHash: true,
      resume: { token, keep: async () => {} },
      partsAbove: 2 ** 20,
      partSize,
    });
    expect(service().count('part')).toBe(before + 1);
    expect((await readAll(await again.readObject(REF, undefined, call))).equals(content)).toBe(
      true,
    );
    await again.close();
  });
}
