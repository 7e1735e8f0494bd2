import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { UploadToken } from '../../../src/drivers/capabilities.js';
import {
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  PreconditionFailedError,
} from '../../../src/drivers/errors.js';
import { sendObject } from '../../../src/drivers/send.js';
import { type FakeGoogle, startFakeGoogle } from '../../fakes/google/server.js';
import { call, plain, put, randomContent, readAll, rejection } from '../conformance/fixture.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';
import { openFake } from './open.js';

const MIB = 2 ** 20;
const KIB = 1024;
const REF = { container: 'photos', key: 'large' };

let fake: FakeGoogle;
let backend: Backend;
let nowMs = Date.now();

beforeEach(async () => {
  nowMs = Date.now();
  fake = await startFakeGoogle({ nowMs: () => nowMs });
  fake.rules.store.buckets.set('photos', { objects: new Map(), fields: {} });
  backend = openFake(fake, { uploads: 'resumable' });
  return async () => {
    await backend.close();
    await fake.close();
    fake.faults.assertUsedUp();
  };
});

const multipart = () => backend.capabilities.multipart!;
const ranges = () =>
  fake.log
    .filter(({ operation }) => operation === 'ContinueSession')
    .map(({ headers }) => headers['content-range']);
const stored = async () => readAll(await backend.readObject(REF, undefined, call));

describe('Google resumable uploads', () => {
  test('P5: go on at the byte that Google has, after 503 in the middle of a part', async () => {
    const content = randomContent(MIB);
    fake.instruct({ 'storage.objects.insert.resumable': ['return-503-after-256K'] });
    const token = await multipart().begin(REF, plain, call);
    const error = await rejection(multipart().uploadPart(token, 1, bytesBody(content), call));
    expect(error).toMatchObject({ status: 503, retry: 'backoff' });
    const part = await multipart().uploadPart(token, 1, bytesBody(content), call);
    await multipart().complete(token, [part], call);
    expect(ranges().slice(1)).toEqual([
      'bytes */*',
      `bytes ${256 * KIB}-${MIB - 1}/*`,
      `bytes */${MIB}`,
    ]);
    expect((await stored()).equals(content)).toBe(true);
  });

  test('P5: go on at that byte in another process, and the whole is compared at the end', async () => {
    const content = randomContent(17 * MIB + 5);
    fake.instruct({ 'storage.objects.insert.resumable': ['return-503-after-256K'] });
    const token = await multipart().begin(REF, plain, call);
    await rejection(
      multipart().uploadPart(token, 1, bytesBody(content.subarray(0, 16 * MIB)), call),
    );
    const again = openFake(fake, { uploads: 'resumable' });
    const before = ranges().length;
    const { info, checksum } = await sendObject(again, REF, bytesBody(content), plain, {
      signal: call.signal,
      verifyHash: true,
      resume: { token, keep: async () => {} },
      partsAbove: 1,
    });
    expect(ranges().slice(before)).toEqual([
      'bytes */*',
      `bytes ${256 * KIB}-${16 * MIB - 1}/*`,
      `bytes ${16 * MIB}-${17 * MIB - 1}/*`,
      `bytes ${17 * MIB}-${17 * MIB + 4}/${17 * MIB + 5}`,
    ]);
    expect(info.checksums).toContainEqual(checksum);
    expect((await stored()).equals(content)).toBe(true);
    await again.close();
  });

  test('P5: part_size: parts of other sizes go on after a restart, too', async () => {
    const content = randomContent(MIB + 5);
    const settings = { signal: call.signal, verifyHash: true, partsAbove: 1, partSize: 512 * KIB };
    fake.faults.next('ContinueSession', undefined);
    fake.instruct({ 'storage.objects.insert.resumable': ['return-503'] });
    let token: UploadToken | undefined;
    const keep = async (begun: UploadToken) => {
      token = begun;
    };
    const body = () => bytesBody(content);
    await rejection(sendObject(backend, REF, body(), plain, { ...settings, resume: { keep } }));
    const again = openFake(fake, { uploads: 'resumable' });
    const before = ranges().length;
    await sendObject(again, REF, body(), plain, { ...settings, resume: { token: token!, keep } });
    expect(ranges().slice(before)).toEqual([
      'bytes */*',
      `bytes ${512 * KIB}-${MIB - 1}/*`,
      `bytes ${MIB}-${MIB + 4}/${MIB + 5}`,
    ]);
    expect((await stored()).equals(content)).toBe(true);
    await again.close();
  });

  test('part_size: one that is no multiple of 256 KiB is refused before a request', async () => {
    const odd = { ...plain, partSize: 10_000_000 };
    expect(await rejection(multipart().begin(REF, odd, call))).toMatchObject({
      message: expect.stringContaining('part_size is 10000000 bytes'),
      retry: 'never',
    });
    expect(fake.count('BeginSession')).toBe(0);
  });

  test.each(['return-503', 'return-reset-connection', 'return-503-after-512K'])(
    'a mirror repeats what %s has broken, and the object is right',
    async (instruction) => {
      const content = randomContent(MIB + 3);
      const layered = wrapInEveryLayer(backend);
      fake.instruct({ 'storage.objects.insert.resumable': [instruction] });
      const { begin, uploadPart, complete } = layered.capabilities.multipart!;
      const token = await begin(REF, plain, call);
      await complete(token, [await uploadPart(token, 1, bytesBody(content), call)], call);
      expect((await stored()).equals(content)).toBe(true);
    },
  );

  test('P5: a completion whose answer was lost is found done, and only while its object is there', async () => {
    const content = randomContent(300_000);
    const token = await multipart().begin(REF, plain, call);
    const part = await multipart().uploadPart(token, 1, bytesBody(content), call);
    fake.faults.next('ContinueSession', { kind: 'lose-answer' });
    await rejection(multipart().complete(token, [part], call));
    expect(await multipart().complete(token, [part], call)).toMatchObject({ size: 300_000 });
    await put(backend, REF, 'another writer');
    expect(await rejection(multipart().complete(token, [part], call))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
  });

  test('P2: bytes that changed on their way make no object', async () => {
    const content = randomContent(300_000);
    await put(backend, REF, 'as before');
    const token = await multipart().begin(REF, plain, call);
    fake.faults.next('ContinueSession', { kind: 'flip', at: 1000 });
    const part = await multipart().uploadPart(token, 1, bytesBody(content), call);
    expect(await rejection(multipart().complete(token, [part], call))).toBeInstanceOf(
      ObjectHashMismatchError,
    );
    expect((await stored()).toString()).toBe('as before');
  });

  test('a session: is gone after a week, and after it was cancelled', async () => {
    const token = await multipart().begin(REF, plain, call);
    nowMs += 8 * 86_400_000;
    expect(await rejection(multipart().uploadedParts(token, call))).toBeInstanceOf(
      ObjectDoesNotExistError,
    );
  });

  test('a condition: is kept until the completion', async () => {
    const condition = { ...plain, precondition: { ifAbsent: true } } as const;
    const token = await multipart().begin(REF, condition, call);
    const part = await multipart().uploadPart(token, 1, bytesBody(randomContent(10)), call);
    await put(backend, REF, 'another writer');
    expect(await rejection(multipart().complete(token, [part], call))).toBeInstanceOf(
      PreconditionFailedError,
    );
    expect((await stored()).toString()).toBe('another writer');
  });

  test('an answer that says more bytes than were sent is not believed', async () => {
    const token = await multipart().begin(REF, plain, call);
    fake.faults.next('ContinueSession', {
      kind: 'foreign',
      status: 308,
      headers: { range: 'bytes=0-99999999', 'x-guploader-uploadid': 'x' },
      body: '',
    });
    const sending = multipart().uploadPart(token, 1, bytesBody(randomContent(MIB)), call);
    expect(await rejection(sending)).toMatchObject({ retry: 'backoff' });
  });
});
