import { describe, expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { PreconditionFailedError, UnsupportedOperationError } from '../../../src/drivers/errors.js';
import type { ConditionDialect } from '../../fakes/s3/objects.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import {
  call,
  contentOf,
  plain,
  put,
  randomContent,
  rejection,
  streamedBody,
} from '../conformance/fixture.js';
import { openFake } from './open.js';

const container = 'conditions';
const ref = { container, key: 'lease' };

interface Opened {
  readonly fake: FakeS3;
  readonly backend: Backend;
  readonly notices: string[];
}

async function open(profile: string, conditions: ConditionDialect): Promise<Opened> {
  const fake = await startFakeS3({ conditions });
  const notices: string[] = [];
  const backend = openFake(fake, { profile }, { notice: (event) => notices.push(event) });
  onTestFinished(async () => {
    await backend.close();
    await fake.close();
  });
  await backend.createContainer(container, call);
  return { fake, backend, notices };
}

const etagOf = async (backend: Backend) =>
  String((await backend.headObject(ref, call)).extra['etag']);

/** The condition on each put, as it went out. */
const matches = ({ fake }: Opened) =>
  fake.log
    .filter(({ operation }) => operation === 'PutObject')
    .map(({ headers }) => headers['if-match']);

describe.each(['aws', 'ceph', 'r2'])('S3 profile %s: a conditional put', (profile) => {
  test.each(['either', 'quoted', 'bare', 'quoted or 400'] as const)(
    'works over a store that takes an ETag %s',
    async (dialect) => {
      const { backend, fake, notices } = await open(profile, dialect);
      await put(backend, ref, 'one');
      const first = await etagOf(backend);
      await put(backend, ref, 'two', { precondition: { ifMatch: await etagOf(backend) } });
      const puts = fake.count('PutObject');
      await put(backend, ref, 'three', { precondition: { ifMatch: await etagOf(backend) } });
      expect(fake.count('PutObject') - puts, 'puts, once it is known which form works').toBe(1);
      expect(await contentOf(backend, ref)).toBe('three');
      expect(
        await rejection(put(backend, ref, 'four', { precondition: { ifMatch: first } })),
      ).toBeInstanceOf(PreconditionFailedError);
      expect(
        await rejection(put(backend, ref, 'four', { precondition: { ifAbsent: true } })),
      ).toBeInstanceOf(PreconditionFailedError);
      expect(await contentOf(backend, ref)).toBe('three');
      expect(notices).toEqual([]);
    },
  );

  test.each([
    [412, 'PreconditionFailed'],
    [409, 'ConditionalRequestConflict'],
    [400, 'InvalidRequest'],
    [501, 'NotImplemented'],
  ] as const)(
    'is refused as unsupported by a store that answers %i to every condition, with one notice',
    async (...refusesAll) => {
      const { backend, fake, notices } = await open(profile, { refusesAll });
      await put(backend, ref, 'one');
      const ifMatch = { precondition: { ifMatch: await etagOf(backend) } };
      expect(await rejection(put(backend, ref, 'two', ifMatch))).toBeInstanceOf(
        UnsupportedOperationError,
      );
      const absent = { container, key: 'absent' };
      expect(
        await rejection(put(backend, absent, 'x', { precondition: { ifAbsent: true } })),
      ).toBeInstanceOf(UnsupportedOperationError);
      expect(notices).toHaveLength(2);
      const puts = fake.count('PutObject');
      expect(await rejection(put(backend, ref, 'two', ifMatch))).toBeInstanceOf(
        UnsupportedOperationError,
      );
      expect(fake.count('PutObject')).toBe(puts);
      expect(notices).toHaveLength(2);
      expect(await contentOf(backend, ref)).toBe('one');
    },
  );

  test('whose refusal cannot be checked, since the object cannot be looked at, is refused for the first reason', async () => {
    const { backend, fake } = await open(profile, { refusesAll: [412, 'PreconditionFailed'] });
    await put(backend, ref, 'one');
    const ifMatch = await etagOf(backend);
    fake.faults.next('HeadObject', { kind: 'refuse', status: 403, code: 'AccessDenied' });
    fake.faults.next('GetObject', { kind: 'refuse', status: 403, code: 'AccessDenied' });
    expect(await rejection(put(backend, ref, 'two', { precondition: { ifMatch } }))).toBeInstanceOf(
      PreconditionFailedError,
    );
    fake.faults.assertUsedUp();
  });

  test('of a body that can be read once is sent once, even in a form that the store does not take', async () => {
    const { backend, fake } = await open(profile, { refusesAll: [412, 'PreconditionFailed'] });
    await put(backend, ref, 'one');
    const body = { ...streamedBody(randomContent(100)), replayable: false };
    const options = { ...plain, precondition: { ifMatch: await etagOf(backend) } };
    const puts = fake.count('PutObject');
    expect(await rejection(backend.putObject(ref, body, options, call))).toBeInstanceOf(
      PreconditionFailedError,
    );
    expect(fake.count('PutObject')).toBe(puts + 1);
  });
});

test('S3 client: a 409 that passes is tried again in the same form', async () => {
  const opened = await open('aws', 'quoted');
  const { backend, fake } = opened;
  await put(backend, ref, 'one');
  fake.faults.next('PutObject', {
    kind: 'refuse',
    status: 409,
    code: 'ConditionalRequestConflict',
  });
  await put(backend, ref, 'two', { precondition: { ifMatch: await etagOf(backend) } });
  expect(matches(opened).slice(1)).toEqual([matches(opened)[1], matches(opened)[1]]);
  expect(await contentOf(backend, ref)).toBe('two');
});

test('S3 client: a 409 after which another version is there is a failed condition', async () => {
  const { backend, fake } = await open('aws', 'quoted');
  await put(backend, ref, 'one');
  const ifMatch = await etagOf(backend);
  await put(backend, ref, 'of another');
  fake.faults.next('PutObject', {
    kind: 'refuse',
    status: 409,
    code: 'ConditionalRequestConflict',
  });
  expect(await rejection(put(backend, ref, 'two', { precondition: { ifMatch } }))).toBeInstanceOf(
    PreconditionFailedError,
  );
  expect(await contentOf(backend, ref)).toBe('of another');
});
