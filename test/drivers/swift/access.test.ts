import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { InvalidCredentialsError, TargetUnavailableError } from '../../../src/drivers/errors.js';
import { chooseAccess } from '../../../src/drivers/swift/choose.js';
import { fakeClock } from '../../fakes/clock.js';
import { SECRET, USER } from '../../fakes/swift/identity.js';
import { type FakeSwift, startFakeSwift } from '../../fakes/swift/server.js';
import { call, rejection } from '../conformance/fixture.js';
import { openFake, openSwift, settingsOf } from './open.js';

let fake: FakeSwift;
beforeEach(async () => {
  fake = await startFakeSwift();
});
afterEach(async () => {
  await fake.close();
  fake.faults.assertUsedUp();
});

const region = 'RegionOne';

test('Swift access: Keystone v3 gets user and project with their domains', async () => {
  const swift = openSwift({
    auth_url: `${fake.origin}/v3`,
    key: 'tester',
    secret: SECRET,
    project: 'p',
    project_domain: 'd',
    region,
  });
  await swift.createContainer('c', call);
  const user = { name: 'tester', domain: { name: 'Default' }, password: SECRET };
  const scope = { project: { name: 'p', domain: { name: 'd' } } };
  expect(fake.rules.asked).toEqual([
    { auth: { identity: { methods: ['password'], password: { user } }, scope } },
  ]);
  await swift.close();
});

test.each([
  [{ project: 'p' }, { tenantName: 'p' }],
  [{ project_id: 'p-id' }, { tenantId: 'p-id' }],
  [{}, {}],
])('Swift access: Keystone v2 gets the tenant of %j', async (settings, tenant) => {
  const swift = openSwift({
    auth_url: `${fake.origin}/v2.0`,
    key: 'tester',
    secret: SECRET,
    region,
    ...settings,
  });
  await swift.createContainer('c', call);
  expect(fake.rules.asked).toEqual([
    { auth: { passwordCredentials: { username: 'tester', password: SECRET }, ...tenant } },
  ]);
  await swift.close();
});

test('Swift access: the environment of an openrc file is enough, and is read only when the settings name no user', async () => {
  const env = {
    OS_AUTH_URL: `${fake.origin}/v3`,
    OS_USERNAME: 'tester',
    OS_PASSWORD: SECRET,
    OS_PROJECT_NAME: 'p',
    OS_REGION_NAME: region,
  };
  const swift = openSwift({}, { env });
  await swift.createContainer('c', call);
  await swift.close();
  expect(() => chooseAccess(settingsOf({ key: 'me', auth_url: 'https://k/v3' }, env))).toThrow(
    'key and secret are missing',
  );
  expect(inspect(settingsOf({}, env), { depth: 9 })).not.toContain(SECRET);
});

test('Swift access: an openrc file names the interface, and domains by name or by id', () => {
  const env = {
    OS_AUTH_URL: 'https://k/v3',
    OS_USERNAME: 'tester',
    OS_PASSWORD: SECRET,
    OS_PROJECT_NAME: 'p',
  };
  const access = (more: Readonly<Record<string, string>>) =>
    chooseAccess(settingsOf({}, { ...env, ...more }));
  expect(
    access({ OS_INTERFACE: 'internal', OS_USER_DOMAIN_ID: 'u', OS_PROJECT_DOMAIN_ID: 'd' }),
  ).toMatchObject({
    identity: { domain: { id: 'u' } },
    project: { name: 'p', domain: { id: 'd' } },
    endpoint: { interface: 'internal' },
  });
  expect(access({ OS_ENDPOINT_TYPE: 'adminURL', OS_USER_DOMAIN_NAME: 'U' })).toMatchObject({
    identity: { domain: { name: 'U' } },
    project: { name: 'p', domain: { name: 'U' } },
    endpoint: { interface: 'admin' },
  });
  expect(() => access({ OS_INTERFACE: 'privat' })).toThrow(
    'expected public, internal or admin, got "privat"',
  );
});

test('Swift access: a clock that is 20 minutes off gives one notice for each token', async () => {
  const notices: unknown[] = [];
  for (const offMs of [20 * 60_000, 60_000]) {
    const clock = { ...systemClock, now: () => Date.now() - offMs };
    const swift = openFake(
      fake,
      {},
      { clock, notice: (event, fields) => notices.push({ event, ...fields }) },
    );
    await swift.createContainer(`c${offMs}`, call);
    await swift.headContainer(`c${offMs}`, call);
    await swift.close();
  }
  const event = 'the clock of this machine differs from the provider';
  expect(notices).toEqual([{ event, seconds: expect.closeTo(1200, -2), advice: 'set it by NTP' }]);
});

test('Swift access: several regions, or a wrong one, are an error that lists them', async () => {
  const access = { auth_url: `${fake.origin}/v3`, key: 'tester', secret: SECRET, project: 'p' };
  const some = await rejection(openSwift(access).createContainer('c', call));
  expect(some.message).toContain('set region to one of "RegionOne", "RegionTwo"');
  const wrong = await rejection(
    openSwift({ ...access, region: 'Mars' }).createContainer('c', call),
  );
  expect(wrong.message).toContain(
    'no object storage in region "Mars", but in "RegionOne", "RegionTwo"',
  );
  const none = await rejection(
    openSwift({ ...access, region, service_type: 'dns' }).createContainer('c', call),
  );
  expect(none.message).toContain('has no dns, but identity, object-store');
  const admin = await rejection(
    openSwift({ ...access, region, interface: 'admin' }).createContainer('c', call),
  );
  expect(admin.message).toContain('no admin object-store');
  for (const error of [some, wrong, none, admin])
    expect(error).toMatchObject({ name: 'StorageError', retry: 'never' });
});

test('Swift access: distinguishes wrong credentials, a wrong URL and a closed port', async () => {
  const refused = openSwift({ auth_url: `${fake.origin}/auth/v1.0`, key: USER, secret: 'no' });
  expect(await rejection(refused.listContainers({}, call))).toBeInstanceOf(InvalidCredentialsError);
  const astray = openSwift({ auth_url: `${fake.origin}/elsewhere/v3`, key: USER, secret: SECRET });
  expect((await rejection(astray.listContainers({}, call))).message).toContain(
    'check auth_url and auth_version',
  );
  const nowhere = openSwift({ auth_url: 'http://127.0.0.1:1/v3', key: USER, secret: SECRET });
  expect(await rejection(nowhere.listContainers({}, call))).toBeInstanceOf(TargetUnavailableError);
});

test('Swift access: replaces a token before it ends, and keeps it to its end while the identity service is down', async () => {
  fake.rules.tokenSeconds = 3600;
  const clock = fakeClock();
  const swift = openFake(fake, {}, { clock });
  await swift.createContainer('c', call);
  await swift.headContainer('c', call);
  expect(fake.count('Authenticate')).toBe(1);
  await clock.advance(56 * 60_000);
  fake.faults.next('Authenticate', { kind: 'refuse', status: 503 });
  await swift.headContainer('c', call);
  expect(fake.rules.issued).toHaveLength(1);
  await swift.headContainer('c', call);
  expect(fake.count('Authenticate')).toBe(2);
  await clock.advance(30_000);
  await swift.headContainer('c', call);
  expect(fake.rules.issued).toHaveLength(2);
  await swift.close();
});

test('Swift access: a token in the settings is used unchanged, and cannot be renewed', async () => {
  fake.rules.valid.add('mine');
  const swift = openSwift({ token: 'mine', storage_url: `${fake.origin}/v1/AUTH_fake/` });
  await swift.createContainer('c', call);
  fake.rules.valid.clear();
  expect(await rejection(swift.headContainer('c', call))).toBeInstanceOf(InvalidCredentialsError);
  await swift.close();
});
