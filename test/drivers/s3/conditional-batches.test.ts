import { expect, onTestFinished, test } from 'vitest';
import type { BatchedObject, PutOutcome } from '../../../src/drivers/capabilities.js';
import {
  ObjectError,
  PreconditionFailedError,
  UnsupportedOperationError,
} from '../../../src/drivers/errors.js';
import { OPEN_PASSAGE } from '../../../src/drivers/passage.js';
import type { ConditionDialect } from '../../fakes/s3/objects.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { batchOf, errorOf, plain, text } from '../conformance/batch-of.js';
import { call, contentOf, put } from '../conformance/fixture.js';
import { openFake } from './open.js';

const container = 'conditions';
const ref = { container, key: 'a' };

async function open(conditions: ConditionDialect, profile = 'ceph') {
  const fake = await startFakeS3({ conditions });
  const backend = openFake(fake, { profile });
  onTestFinished(async () => {
    await backend.close();
    await fake.close();
  });
  await backend.createContainer(container, call);
  async function putQuickly(
    content: string,
    precondition: NonNullable<BatchedObject['options']['precondition']>,
  ): Promise<PutOutcome | undefined> {
    const given = text(ref.key, content, { ...plain, precondition });
    const [[object]] = batchOf([given]);
    const objects = [{ ...object!, bytes: given.content, replaces: 'unknown' as const }];
    return (
      await backend.capabilities.quickPut!.putEach(container, objects, OPEN_PASSAGE, call)
    )[0];
  }
  const etag = async () => String((await backend.headObject(ref, call)).extra['etag']);
  return { fake, backend, putQuickly, etag };
}

const matches = ({ log }: FakeS3) =>
  log
    .filter(({ operation }) => operation === 'PutObject')
    .map(({ headers }) => headers['if-match']);

test('S3 quick put: a refusal is not believed, and worth another try, until the provider has understood such a condition', async () => {
  const { fake, backend, putQuickly, etag } = await open('quoted');
  await put(backend, ref, 'one');
  const refused = errorOf(await putQuickly('two', { ifMatch: await etag() }));
  expect(refused).toBeInstanceOf(ObjectError);
  expect(refused).not.toBeInstanceOf(PreconditionFailedError);
  expect(refused).toMatchObject({ retry: 'backoff' });
  // The other try finds out which form the provider understands.
  await put(backend, ref, 'two', { precondition: { ifMatch: await etag() } });
  const [first, puts] = [await etag(), fake.count('PutObject')];
  expect(await putQuickly('three', { ifMatch: first })).toHaveProperty('stored');
  expect(matches(fake).slice(puts)).toEqual([first]);
  expect(errorOf(await putQuickly('four', { ifMatch: first }))).toBeInstanceOf(
    PreconditionFailedError,
  );
  expect(await contentOf(backend, ref)).toBe('three');
});

test('S3 quick put: a provider that understands no condition gets no request with one any more', async () => {
  const { fake, backend, putQuickly, etag } = await open({ refusesAll: [501, 'NotImplemented'] });
  await put(backend, ref, 'one');
  const condition = { ifMatch: await etag() };
  expect(errorOf(await putQuickly('two', condition))).toMatchObject({ retry: 'backoff' });
  await expect(put(backend, ref, 'two', { precondition: condition })).rejects.toThrow(
    UnsupportedOperationError,
  );
  const puts = fake.count('PutObject');
  expect(errorOf(await putQuickly('two', condition))).toBeInstanceOf(UnsupportedOperationError);
  expect(fake.count('PutObject')).toBe(puts);
  expect(await contentOf(backend, ref)).toBe('one');
});

test('S3 quick put: another writer at the same moment makes it worth another try', async () => {
  const { fake, putQuickly } = await open('either');
  const conflict = { kind: 'refuse', status: 409, code: 'ConditionalRequestConflict' } as const;
  fake.faults.next('PutObject', conflict);
  expect(errorOf(await putQuickly('one', { ifAbsent: true }))).toMatchObject({ retry: 'backoff' });
  expect(await putQuickly('one', { ifAbsent: true })).toHaveProperty('stored');
});
