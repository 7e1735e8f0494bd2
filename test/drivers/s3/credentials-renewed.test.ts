import { expect, test } from 'vitest';
import { InvalidCredentialsError } from '../../../src/drivers/errors.js';
import { createCredentialProvider } from '../../../src/drivers/s3/credentials/provider.js';
import { fakeClock } from '../../fakes/clock.js';
import { call, put, rejection } from '../conformance/fixture.js';
import {
  at,
  metadataServer,
  open,
  ref,
  temporary,
  withCredentials,
} from './credentials-fixture.js';

withCredentials();

test('S3 credentials: come from the instance metadata, once for all waiting calls, and again when they expire', async () => {
  let generation = 0;
  const { url, asked } = await metadataServer({
    '/latest/api/token': () => 'imds-token',
    '/latest/meta-data/iam/security-credentials/': () => 'my-role\n',
    '/latest/meta-data/iam/security-credentials/my-role': () => {
      generation += 1;
      return temporary(`INSTANCE${generation}`, generation === 1 ? 1 : 3_600_000);
    },
  });
  const s3 = open({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url });
  await Promise.all([1, 2, 3].map((i) => put(s3, { ...ref, key: `k${i}` }, 'x')));
  expect(generation).toBe(1);
  expect(
    asked
      .filter(({ path }) => path.endsWith('my-role'))
      .every(({ token }) => token === 'imds-token'),
  ).toBe(true);
  await put(s3, ref, 'x');
  await put(s3, ref, 'x');
  expect(generation).toBe(2);
});

test('S3 credentials: come from the same source for the life of a target, so that its account never changes', async () => {
  const clock = fakeClock();
  const keys = (accessKeyId: string) => ({
    accessKeyId,
    secretAccessKey: 's',
    expiresAtMs: clock.now() + 600_000,
  });
  let late = false;
  const sources = [
    { name: 'late', find: async () => (late ? keys('OTHER') : undefined) },
    { name: 'first', find: async () => keys('MINE') },
  ];
  const provider = createCredentialProvider(sources, clock);
  expect((await provider.get(call)).accessKeyId).toBe('MINE');
  late = true;
  await clock.advance(700_000);
  expect((await provider.get(call)).accessKeyId).toBe('MINE');
});

test('S3 credentials: are replaced when they expire in the middle of a run, and the request goes through', async () => {
  let key = 'FIRST';
  const { url } = await metadataServer({ '/c': () => temporary(key, 3_600_000) });
  const s3 = open({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/c` });
  await put(s3, ref, 'x');
  at.fake.rules.expired.add('FIRST');
  key = 'SECOND';
  await put(s3, ref, 'y');
  at.fake.rules.expired.add('SECOND');
  const error = await rejection(put(s3, ref, 'z'));
  expect(error).toBeInstanceOf(InvalidCredentialsError);
  expect(error.message).toContain('ExpiredToken');
});

test('S3 credentials: are looked up again when the provider no longer accepts them', async () => {
  let key = 'FIRST';
  const { url } = await metadataServer({ '/c': () => temporary(key, 3_600_000) });
  const s3 = open({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/c` });
  await put(s3, ref, 'x');
  at.fake.rules.accounts = at.fake.rules.accounts.filter(({ accessKey }) => accessKey !== 'FIRST');
  key = 'SECOND';
  await put(s3, ref, 'y');
});

test('S3 credentials: are used until they end while their source fails', async () => {
  const clock = fakeClock();
  let fails = false;
  const source = {
    name: 'test',
    async find() {
      if (fails) throw new Error('down');
      return { accessKeyId: 'a', secretAccessKey: 'b', expiresAtMs: clock.now() + 600_000 };
    },
  };
  const provider = createCredentialProvider([source], clock);
  await provider.get(call);
  fails = true;
  await clock.advance(400_000);
  expect((await provider.get(call)).accessKeyId).toBe('a');
  await clock.advance(300_000);
  expect((await rejection(provider.get(call))).message).toBe('down');
});

test('S3 credentials: a renewal that fails is not tried again by each call while the old ones are valid', async () => {
  const clock = fakeClock();
  let tries = 0;
  const source = {
    name: 'test',
    async find() {
      tries += 1;
      if (tries > 1) throw new Error('down');
      return { accessKeyId: 'a', secretAccessKey: 'b', expiresAtMs: clock.now() + 600_000 };
    },
  };
  const provider = createCredentialProvider([source], clock);
  await provider.get(call);
  await clock.advance(400_000);
  for (let i = 0; i < 5; i++) await provider.get(call);
  expect(tries).toBe(2);
  await clock.advance(31_000);
  await provider.get(call);
  expect(tries).toBe(3);
  await clock.advance(168_000);
  expect((await provider.get(call)).accessKeyId).toBe('a');
  await clock.advance(1_000);
  expect((await rejection(provider.get(call))).message).toBe('down');
});

test('S3 credentials: an aborted caller stops waiting for them, and the other callers get them', async () => {
  let answer = (_: { accessKeyId: string; secretAccessKey: string }): void => {};
  const slow = new Promise<{ accessKeyId: string; secretAccessKey: string }>((resolve) => {
    answer = resolve;
  });
  const provider = createCredentialProvider([{ name: 'slow', find: () => slow }], fakeClock());
  const stop = new AbortController();
  const impatient = rejection(provider.get({ signal: stop.signal }));
  const patient = provider.get(call);
  const reason = new Error('no time');
  stop.abort(reason);
  expect(await impatient).toBe(reason);
  answer({ accessKeyId: 'a', secretAccessKey: 'b' });
  expect((await patient).accessKeyId).toBe('a');
});
