import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { openB2 } from '../../../src/drivers/b2/open.js';
import {
  ContainerAccessDeniedError,
  InvalidCredentialsError,
  ObjectAccessDeniedError,
  TargetFullError,
  TargetUnavailableError,
} from '../../../src/drivers/errors.js';
import { KEY_ID, SECRET } from '../../fakes/b2/account.js';
import { fakeClock } from '../../fakes/clock.js';
import { call, contentOf, listKeys, put, rejection } from '../conformance/fixture.js';
import { settingsOf } from './open.js';
import { BUCKET, REF, withBucket } from './rig.js';

test('B2 account: is authorised once for all calls that wait, and again a while before the token ends', async () => {
  const { fake, open } = await withBucket();
  const clock = fakeClock();
  const backend = open({}, { clock });
  await Promise.all([1, 2, 3].map((at) => put(backend, { ...REF, key: `k${at}` }, 'x')));
  expect(fake.count('b2_authorize_account')).toBe(1);
  await clock.advance(23 * 3_600_000);
  await put(backend, REF, 'x');
  expect(fake.count('b2_authorize_account')).toBe(1);
  await clock.advance(3_600_000 - 60_000);
  await put(backend, REF, 'y');
  expect(fake.count('b2_authorize_account')).toBe(2);
});

test('B2 account: a token that has ended is renewed once for all calls that it failed, and they are made again', async () => {
  const { fake, open } = await withBucket();
  const backend = open();
  await put(backend, REF, 'content');
  for (const token of fake.rules.tokens.keys()) fake.rules.tokens.set(token, 0);
  const contents = await Promise.all([1, 2, 3, 4].map(() => contentOf(backend, REF)));
  expect(contents).toEqual(Array(4).fill('content'));
  expect(fake.count('b2_authorize_account')).toBe(2);
});

test('B2 account: with the test mode that ends tokens early every call still succeeds', async () => {
  const { fake, open } = await withBucket();
  const backend = open({ test_mode: 'expire_some_account_authorization_tokens' });
  for (let at = 0; at < 12; at += 1) await backend.headContainer(BUCKET, call);
  expect(fake.count('b2_authorize_account')).toBeGreaterThan(1);
});

test('B2 account: keys come from the variables of Backblaze’s tools, and a missing half is named', async () => {
  const { fake } = await withBucket();
  const env = { B2_APPLICATION_KEY_ID: KEY_ID, B2_APPLICATION_KEY: SECRET };
  const place = { host: fake.host, port: fake.port, secure: false };
  const backend = openB2(settingsOf(place, env), { clock: systemClock });
  expect((await backend.headContainer(BUCKET, call)).name).toBe(BUCKET);
  await backend.close();
  const openWith = (written: object, from = {}) =>
    openB2(settingsOf({ ...place, ...written }, from), { clock: systemClock });
  expect(() => openWith({})).toThrow('B2_APPLICATION_KEY_ID');
  expect(() => openWith({ key: KEY_ID }, env)).toThrow('belong together');
  expect(() => openWith({ host: 's3.us-west-004.backblazeb2.com' }, env)).toThrow('profile "b2"');
});

test('P9: B2 account: refused keys are wrong credentials, and no error shows them', async () => {
  const { open } = await withBucket();
  const error = await rejection(open({ secret: 'K004-wrong' }).headContainer(BUCKET, call));
  expect(error).toBeInstanceOf(InvalidCredentialsError);
  expect(error.message).toContain('check key');
  expect(JSON.stringify(error) + String(error.stack)).not.toContain('K004-wrong');
});

test('B2 rights: what the key lacks, by capability, bucket and name prefix, is said before a request', async () => {
  const { fake, open } = await withBucket({
    limits: {
      capabilities: ['listBuckets', 'listFiles', 'writeFiles'],
      buckets: [BUCKET],
      namePrefix: 'laptop/',
    },
  });
  const backend = open();
  await put(backend, REF, 'content');
  expect(await listKeys(backend, BUCKET, 'laptop/')).toEqual([REF.key]);
  expect((await backend.listContainers({}, call)).items.map(({ name }) => name)).toEqual([BUCKET]);
  const before = fake.log.length;
  const refused = [
    [backend.readObject(REF, undefined, call), ObjectAccessDeniedError, 'capability readFiles'],
    [put(backend, { ...REF, key: 'desktop/x' }, 'x'), ObjectAccessDeniedError, '"laptop/"'],
    [listKeys(backend, BUCKET), ContainerAccessDeniedError, '"laptop/"'],
    [backend.headContainer('other-bucket', call), ContainerAccessDeniedError, `"${BUCKET}"`],
    [backend.createContainer('new-bucket', call), ContainerAccessDeniedError, 'writeBuckets'],
  ] as const;
  for (const [asked, type, reason] of refused) {
    const error = await rejection(asked);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toContain(reason);
  }
  expect(fake.log.length).toBe(before);
});

test.each([
  ['storage_cap_exceeded', TargetFullError, 'never'],
  ['transaction_cap_exceeded', TargetUnavailableError, { afterMs: 3_600_000 }],
  ['download_cap_exceeded', TargetUnavailableError, { afterMs: 3_600_000 }],
] as const)(
  'B2 caps: %s is a state of the target, with what to do about it',
  async (cap, type, retry) => {
    const { open } = await withBucket({ cap });
    const backend = open();
    for (const asked of [put(backend, REF, 'x'), backend.headContainer(BUCKET, call)]) {
      const error = await rejection(asked);
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ retry });
      expect(error.message).toContain('Caps & Alerts');
    }
  },
);

test('B2 caps: the test mode of the service is met as a cap', async () => {
  const { open } = await withBucket();
  const error = await rejection(put(open({ test_mode: 'force_cap_exceeded' }), REF, 'x'));
  expect(error).toBeInstanceOf(TargetUnavailableError);
});

test('B2 lifecycle: says once that old versions stay, or that a rule hides objects, and nothing where versions are deleted', async () => {
  for (const [rules, event] of [
    [[], 'old versions are never deleted'],
    [
      [{ fileNamePrefix: '', daysFromHidingToDeleting: 1, daysFromUploadingToHiding: null }],
      undefined,
    ],
    [
      [{ fileNamePrefix: '', daysFromHidingToDeleting: 1, daysFromUploadingToHiding: 7 }],
      'a lifecycle rule hides objects',
    ],
  ] as const) {
    const { fake, open } = await withBucket();
    fake.rules.store.buckets.get(BUCKET)!.lifecycleRules.push(...rules);
    const said: string[] = [];
    const backend = open({}, { notice: (text) => void said.push(text) });
    for (let at = 0; at < 2; at += 1)
      expect((await backend.headContainer(BUCKET, call)).extra['lifecycleRules']).toEqual(rules);
    expect(said).toEqual(event === undefined ? [] : [event]);
  }
});
