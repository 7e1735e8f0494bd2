import { expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  InvalidObjectNameError,
  ObjectError,
  TargetUnavailableError,
  ThrottledError,
} from '../../../src/drivers/errors.js';
import { OPEN_PASSAGE } from '../../../src/drivers/passage.js';
import { sendObject } from '../../../src/drivers/send.js';
import {
  call,
  contentOf,
  plain,
  put,
  randomContent,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { wrapInEveryLayer } from '../layers/every-layer.js';
import { BUCKET, REF, withBucket } from './rig.js';

test('B2 uploads: each that is under way has an address of its own, and the next ones take it over', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  fake.doors.close('b2_upload_file');
  const first = [1, 2, 3].map((at) => put(backend, { ...REF, key: `k${at}` }, 'x'));
  await expect.poll(() => fake.doors.arrived('b2_upload_file')).toBe(3);
  fake.doors.open('b2_upload_file');
  await Promise.all(first);
  expect(fake.count('b2_get_upload_url')).toBe(3);
  await Promise.all([4, 5, 6].map((at) => put(backend, { ...REF, key: `k${at}` }, 'x')));
  for (let at = 7; at < 10; at += 1) await put(backend, { ...REF, key: `k${at}` }, 'x');
  expect(fake.count('b2_get_upload_url')).toBe(3);
});

test.each([
  ['503', { kind: 'refuse', status: 503, code: 'service_unavailable' }],
  ['500', { kind: 'refuse', status: 500, code: 'internal_error' }],
  ['408', { kind: 'refuse', status: 408, code: 'request_timeout' }],
  ['401 of an address that has ended', { kind: 'refuse', status: 401, code: 'expired_auth_token' }],
] as const)('B2 uploads: %s goes to another address at once, in one call', async (_, fault) => {
  const { fake, open } = await withBucket();
  const backend = open();
  await put(backend, REF, 'before');
  fake.faults.next('b2_upload_file', fault, 2);
  await put(backend, REF, 'after');
  expect(await contentOf(backend, REF)).toBe('after');
  expect(fake.count('b2_get_upload_url')).toBe(3);
  const paths = fake.log.filter(({ operation }) => operation === 'b2_upload_file');
  expect(new Set(paths.map(({ rawPath }) => rawPath)).size).toBe(3);
});

test('B2 uploads: pods that stay busy are a failure of the object worth another try, and no reason to send less', async () => {
  const { fake, open } = await withBucket();
  fake.faults.next(
    'b2_upload_file',
    { kind: 'refuse', status: 503, code: 'service_unavailable' },
    3,
  );
  const error = await rejection(put(open(), REF, 'x'));
  expect(error).toBeInstanceOf(ObjectError);
  expect(error).not.toBeInstanceOf(ThrottledError);
  expect(error).toMatchObject({ retry: 'backoff' });
});

test('B2 uploads: an address whose connection broke is never used again', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  await put(backend, REF, 'before');
  fake.faults.next('b2_upload_file', { kind: 'reset', afterBytes: 10 });
  const error = await rejection(put(backend, REF, 'more than ten bytes'));
  expect(error).toBeInstanceOf(TargetUnavailableError);
  await put(backend, REF, 'after');
  expect(fake.count('b2_get_upload_url')).toBe(2);
});

test('B2 uploads: with the test mode that fails some, everything arrives', async () => {
  const { fake, open } = await withBucket();
  const backend = wrapInEveryLayer(open({ test_mode: 'fail_some_uploads' }));
  for (let at = 0; at < 9; at += 1) await put(backend, { ...REF, key: `k${at}` }, `content ${at}`);
  for (let at = 0; at < 9; at += 1)
    expect(await contentOf(backend, { ...REF, key: `k${at}` })).toBe(`content ${at}`);
  expect(fake.log.some(({ status }) => status === 503)).toBe(true);
});

test('P2: B2 uploads: the SHA-1 goes before bytes that are in memory and behind a stream, and B2 refuses a flipped bit', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  const content = randomContent(200_000);
  for (const body of [bytesBody(content), streamedBody(content)]) {
    fake.faults.next('b2_upload_file', { kind: 'flip', at: 1000 });
    expect(await rejection(backend.putObject(REF, body, plain, call))).toMatchObject({
      name: 'ObjectHashMismatchError',
      retry: 'backoff',
    });
    const { checksums } = await backend.putObject(REF, body, plain, call);
    expect(checksums).toEqual([checksumOf('md5', content), checksumOf('sha1', content)]);
  }
  const sent = fake.log.filter(({ operation }) => operation === 'b2_upload_file');
  expect(sent.map(({ headers }) => headers['x-bz-content-sha1'])).toEqual([
    ...Array(2).fill(checksumOf('sha1', content).hex),
    ...Array(2).fill('hex_digits_at_end'),
  ]);
});

test('P2: B2 uploads: where B2 reports no MD5, bytes in memory are confirmed by the SHA-1, and a stream is read back', async () => {
  const { fake, open } = await withBucket({ reportsMd5: false });
  const backend = open();
  const content = randomContent(1000);
  const settings = { ...call, verifyHash: true };
  const inMemory = await sendObject(backend, REF, bytesBody(content), plain, settings);
  expect(inMemory.checksum).toEqual(checksumOf('md5', content));
  expect(fake.count('b2_download_file')).toBe(0);
  const streamed = await sendObject(backend, REF, streamedBody(content), plain, settings);
  expect(streamed.checksum).toEqual(checksumOf('md5', content));
  expect(fake.count('b2_download_file')).toBe(1);
});

test('B2 names: those that B2 refuses are refused before a request', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  for (const key of ['/a', 'a/', 'a//b', 'a\u007f', 'tab\t', `${'x'.repeat(251)}/y`]) {
    const error = await rejection(put(backend, { container: BUCKET, key }, 'x'));
    expect(error, key).toBeInstanceOf(InvalidObjectNameError);
  }
  expect(fake.log).toEqual([]);
});

/** What becomes of each of so many small objects that are put with a request each. */
async function putMany(backend: Backend, count: number): Promise<readonly (string | undefined)[]> {
  const objects = Array.from({ length: count }, (_, at) => {
    const bytes = Buffer.from(`content of ${at}`);
    const md5 = checksumOf('md5', bytes).hex;
    return { key: `laptop/${at}`, size: bytes.byteLength, md5, bytes, options: plain };
  }).map((object) => ({ ...object, replaces: 'nothing' as const }));
  const { quickPut } = backend.capabilities;
  const outcomes = await quickPut!.putEach(BUCKET, objects, OPEN_PASSAGE, call);
  return outcomes.map((end) => end && ('stored' in end ? 'stored' : end.error.constructor.name));
}

test('B2 puts of many objects: uploads under way have an address each, which later ones take over', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  expect(await putMany(backend, 50)).toEqual(Array(50).fill('stored'));
  const asked = fake.count('b2_get_upload_url');
  expect(asked).toBeLessThanOrEqual(50);
  expect(await putMany(backend, asked)).toEqual(Array(asked).fill('stored'));
  expect(fake.count('b2_get_upload_url')).toBe(asked);
});

test('B2 puts of many objects: an address that has ended fails its object alone, and is not used again', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  await putMany(backend, 2);
  const asked = fake.count('b2_get_upload_url');
  fake.rules.uploadTokens.clear();
  const outcomes = await putMany(backend, asked + 5);
  expect(outcomes.filter((end) => end === 'ObjectError')).toHaveLength(asked);
  expect(outcomes.filter((end) => end === 'stored')).toHaveLength(5);
});

test('B2 encryption: sse-b2 is asked for in uploads, in parts, in batches and copies; else nothing is said', async () => {
  const { fake, open } = await withBucket({ smallestPart: 100_000 });
  const encrypting = open({ encryption: 'sse-b2' });
  const modes = () => fake.rules.store.buckets.get(BUCKET)!.files.map((file) => file.encryption);
  await put(encrypting, REF, 'whole');
  const large = { ...REF, key: 'laptop/large' };
  const settings = { ...call, verifyHash: true, partsAbove: 1, partSize: 300_000 };
  await sendObject(encrypting, large, bytesBody(randomContent(400_000)), plain, settings);
  const bytes = Buffer.from('one of many');
  const md5 = checksumOf('md5', bytes).hex;
  const many = { key: 'laptop/many', size: bytes.byteLength, md5, bytes, options: plain };
  const { copy, quickPut } = encrypting.capabilities;
  await quickPut!.putEach(BUCKET, [{ ...many, replaces: 'nothing' }], OPEN_PASSAGE, call);
  await copy!.copyObject(REF, { ...REF, key: 'laptop/copy' }, undefined, call);
  expect(modes()).toEqual(['SSE-B2', 'SSE-B2', 'SSE-B2', 'SSE-B2']);
  await put(open(), { ...REF, key: 'laptop/plain' }, 'as the bucket has it');
  expect(modes().at(-1)).toBeUndefined();
});
