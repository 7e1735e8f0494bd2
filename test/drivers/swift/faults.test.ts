import { beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import {
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  ObjectHashMismatchError,
  StorageError,
} from '../../../src/drivers/errors.js';
import { type FakeSwift, startFakeSwift } from '../../fakes/swift/server.js';
import {
  call,
  listKeys,
  plain,
  put,
  randomContent,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { openFailingFake } from '../failing-fake.js';
import { CONTAINER, REF } from '../faults/steps.js';
import { openFake } from './open.js';

const container = CONTAINER;
const ref = REF;
const MIB = 2 ** 20;
let fake: FakeSwift;
let swift: Backend;

beforeEach(async () => {
  const opened = await openFailingFake(startFakeSwift, openFake);
  ({ fake, backend: swift } = opened);
  return opened.close;
});

test('P2: Swift client: sends the digest of bytes in memory, and any that is known, so that Swift refuses other bytes', async () => {
  const content = randomContent(100);
  const digest = checksumOf('md5', content);
  const sentEtag = (operation: string) =>
    fake.log.findLast((each) => each.operation === operation)?.headers['etag'];
  await put(swift, ref, content);
  expect(sentEtag('PutObject')).toBe(digest.hex);
  await put(swift, ref, 'x');
  await swift.putObject(ref, streamedBody(content), { ...plain, checksums: [digest] }, call);
  expect(sentEtag('PutObject')).toBe(digest.hex);
  const multipart = swift.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  await multipart.uploadPart(token, 1, bytesBody(content), call);
  expect(sentEtag('PutSegment')).toBe(digest.hex);
  await multipart.abort(token, call);
});

test('P2: Swift client: a put that is answered with another ETag rejects by itself, in memory and streamed', async () => {
  const content = randomContent(1000);
  for (const body of [bytesBody(content), streamedBody(content)]) {
    fake.faults.next('PutObject', { kind: 'wrong-etag' });
    expect(await rejection(swift.putObject(ref, body, plain, call))).toBeInstanceOf(
      ObjectHashMismatchError,
    );
  }
});

test('P5: Swift client: an upload whose completion got no answer keeps its segments, since it may still come through', async () => {
  const multipart = swift.capabilities.multipart!;
  const token = await multipart.begin(ref, plain, call);
  const part = await multipart.uploadPart(token, 1, bytesBody(randomContent(10)), call);
  fake.faults.next('PutManifest', { kind: 'lose-answer' });
  await rejection(multipart.complete(token, [part], call));
  expect(await rejection(multipart.abort(token, call))).toBeInstanceOf(StorageError);
  expect(await multipart.complete(token, [part], call)).toMatchObject({ key: ref.key, size: 10 });
});

test('Swift client: replaces a token that expires in the middle of a run once, for all requests that meet it', async () => {
  for (let i = 0; i < 10; i += 1) await put(swift, { container, key: `k${i}` }, 'x');
  fake.rules.valid.clear();
  const heads = Array.from({ length: 10 }, (_, i) =>
    swift.headObject({ container, key: `k${i}` }, call),
  );
  expect((await Promise.all(heads)).map(({ size }) => size)).toEqual(
    Array.from({ length: 10 }, () => 1),
  );
  expect(fake.count('Authenticate')).toBe(2);
  fake.rules.valid.clear();
  await swift.putObject(ref, streamedBody(randomContent(3 * MIB)), plain, call);
  expect((await swift.headObject(ref, call)).size).toBe(3 * MIB);
});

test('Swift client: a new token that is refused is an error of credentials, and no loop', async () => {
  fake.faults.next('HeadObject', { kind: 'refuse', status: 401 }, 2);
  expect(await rejection(swift.headObject(ref, call))).toBeInstanceOf(InvalidCredentialsError);
  expect(fake.count('Authenticate')).toBe(2);
});

test('Swift bulk delete: objects go one by one, each with its own outcome, where the service has no bulk delete', async () => {
  fake.rules.hasBulkDelete = false;
  const { batchDelete } = swift.capabilities;
  for (const key of ['a', 'b']) await put(swift, { container, key }, key);
  fake.faults.next('DeleteObject', { kind: 'refuse', status: 403 });
  const failures = await batchDelete!.deleteObjects(container, ['a', 'b', 'missing'], call);
  expect([...failures.values()]).toEqual([expect.any(ObjectAccessDeniedError)]);
  expect(await listKeys(swift, container)).toEqual([...failures.keys()]);
  const stop = new AbortController();
  fake.faults.next('DeleteObject', { kind: 'stall' });
  const deleting = batchDelete!.deleteObjects(container, ['a', 'b'], { signal: stop.signal });
  await expect.poll(() => fake.faults.left).toBe(0);
  stop.abort(new Error('enough'));
  expect((await rejection(deleting)).message).toBe('enough');
});

test('Swift bulk delete: failures of other objects, and entries that are no failures, do not affect the requested ones', async () => {
  const errors = [
    ['/elsewhere/a', '403 Forbidden'],
    [`/${container}/b`, '403 Forbidden'],
    ['%', '403 Forbidden'],
    [`/${container}/a`],
    'aa',
  ];
  fake.faults.next('BulkDelete', { kind: 'say', answer: bulkAnswer({ Errors: errors }) });
  expect(await swift.capabilities.batchDelete!.deleteObjects(container, ['a'], call)).toEqual(
    new Map(),
  );
});

test.each([
  ['nothing', ''],
  ['no document', 'deleted'],
  ['no number of those deleted', bulkAnswer({ 'Number Deleted': '0' })],
  ['no number of those missing', bulkAnswer({ 'Number Not Found': null })],
  ['no list of failures', bulkAnswer({ Errors: undefined })],
])('Swift bulk delete: is not asked for again after an answer with %s', async (_what, answer) => {
  for (const key of ['a', 'b']) await put(swift, { container, key }, key);
  fake.faults.next('BulkDelete', { kind: 'say', answer });
  for (const key of ['a', 'b'])
    expect(await swift.capabilities.batchDelete!.deleteObjects(container, [key], call)).toEqual(
      new Map(),
    );
  expect(await listKeys(swift, container)).toEqual([]);
  expect({ together: fake.count('BulkDelete'), alone: fake.count('DeleteObject') }).toEqual({
    together: 1,
    alone: 2,
  });
});

function bulkAnswer(more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    'Response Status': '200 OK',
    'Number Deleted': 0,
    'Number Not Found': 1,
    Errors: [],
    ...more,
  });
}
