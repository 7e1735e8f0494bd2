import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { bytesBody } from '../../../src/drivers/body.js';
import {
  ContainerDoesNotExistError,
  ContainerError,
  InvalidCredentialsError,
  InvalidObjectNameError,
  StorageError,
  TargetUnavailableError,
  UnprovenAnswerError,
} from '../../../src/drivers/errors.js';
import { findDriver } from '../../../src/drivers/registry/registry.js';
import { chooseAccess } from '../../../src/drivers/swift/choose.js';
import { fakeClock } from '../../fakes/clock.js';
import { LOGIN_PAGE } from '../../fakes/scripted-faults.js';
import { API_KEY, CREDENTIAL, SECRET, USER } from '../../fakes/swift/identity.js';
import { type FakeSwift, startFakeSwift } from '../../fakes/swift/server.js';
import { call, plain, put, rejection } from '../conformance/fixture.js';
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

test.each([
  ['TempAuth', () => ({ auth_url: `${fake.origin}/auth/v1.0`, key: USER, secret: SECRET })],
  [
    'Keystone v3 by password',
    () => ({ auth_url: `${fake.origin}/v3`, key: 'tester', secret: SECRET, project: 'p', region }),
  ],
  [
    'Keystone v3, named by its root',
    () => ({ auth_url: `${fake.origin}/`, key: 'tester', secret: SECRET, project_id: 'p', region }),
  ],
  [
    'Keystone v3 by application credential',
    () => ({
      auth_url: `${fake.origin}/v3`,
      auth_type: 'application_credential',
      key: CREDENTIAL.id,
      secret: CREDENTIAL.secret,
      region,
    }),
  ],
  [
    'Keystone v2',
    () => ({
      auth_url: `${fake.origin}/v2.0`,
      key: 'tester',
      secret: SECRET,
      project: 'p',
      region,
    }),
  ],
  [
    'Keystone v2 by API key, on internal addresses',
    () => ({
      auth_url: `${fake.origin}/v2.0`,
      auth_type: 'apikey',
      key: 'tester',
      secret: API_KEY,
      region,
      interface: 'internal',
    }),
  ],
  [
    'Libcloud’s names',
    () => ({
      ex_force_auth_url: `${fake.origin}/v3`,
      key: 'tester',
      secret: SECRET,
      ex_tenant_name: 'p',
      ex_force_service_region: region,
    }),
  ],
])('Swift access: %s gives a token and the account', async (_, settings) => {
  const swift = openSwift(settings());
  expect((await swift.createContainer('c', call)).name).toBe('c');
  await swift.close();
});

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

test('P9: Swift access: an address with a password in it is refused, and not repeated', () => {
  const withPassword = 'https://alice:hunter2@keystone:5000/v3';
  const refusals = [
    () => settingsOf({ auth_url: withPassword, key: 'alice', secret: 's' }),
    () =>
      chooseAccess(
        settingsOf({}, { OS_AUTH_URL: withPassword, OS_USERNAME: 'alice', OS_PASSWORD: 's' }),
      ),
    () =>
      chooseAccess(
        settingsOf(
          {},
          { ST_AUTH: 'https//k', OS_STORAGE_URL: withPassword, OS_USERNAME: 'a', OS_PASSWORD: 's' },
        ),
      ),
  ].map((choose) => {
    try {
      return choose();
    } catch (error) {
      return String(error);
    }
  });
  for (const said of refusals)
    expect(said).toMatch(/expected a URL that begins with .*, without user and password/);
  expect(refusals[1]).toContain('OS_AUTH_URL: expected');
  expect(refusals[2]).toContain('ST_AUTH: expected');
  expect(refusals.join()).not.toContain('hunter2');
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

test.each([
  [{ token: 't' }, 'token needs storage_url'],
  [{ key: 'k', secret: 's' }, 'auth_url is missing'],
  [{ key: 'k', secret: 's', host: 'h', project: 'a', project_id: 'b' }, 'exclude each other'],
  [
    { key: 'k', secret: 's', host: 'h', auth_version: '1', auth_type: 'application_credential' },
    'needs auth_version 3',
  ],
  [{ key: 'k', secret: 's', host: 'h', auth_type: 'apikey' }, 'needs auth_version 2'],
  [
    { key: 'k', secret: 's', host: 'h', auth_type: 'application_credential', project: 'p' },
    'belongs to a project',
  ],
])('Swift access: %j is refused: %s', (settings, problem) => {
  expect(() => chooseAccess(settingsOf(settings))).toThrow(problem);
});

test('Swift access: host, port and secure give the address of the identity service', () => {
  const url = (settings: object) =>
    (chooseAccess(settingsOf({ key: 'k', secret: 's', ...settings })) as { url: string }).url;
  expect(url({ host: 'h' })).toBe('https://h:5000/v3');
  expect(url({ host: 'h', port: 80, secure: false, auth_version: '2' })).toBe('http://h:80/v2.0');
  expect(url({ host: 'h', auth_version: '1' })).toBe('https://h/auth/v1.0');
});

test.each([
  ['https://h/auth/v1.0', 'v1'],
  ['https://h/auth/1.0', 'v1'],
  ['https://h/auth/1.0/', 'v1'],
  ['https://h/auth/v1', 'v1'],
  ['https://h/auth', 'v1'],
  ['https://h/auth/', 'v1'],
  ['https://h/v2.0', 'v2'],
  ['https://h/identity/v3', 'v3'],
  ['https://h/auth/v3', 'v3'],
  ['https://h/oauth', 'v3'],
  ['https://h:5000', 'v3'],
])('Swift access: auth_url %s is of %s', (url, kind) => {
  const access = chooseAccess(settingsOf({ auth_url: url, key: 'k', secret: 's' }));
  expect(access.kind).toBe(kind);
  if (access.kind === 'v1') expect(access.url).toBe(url.replace(/\/$/, ''));
});

test('Swift access: Libcloud’s names of Swift providers are known', () => {
  for (const name of ['swift', 'openstack_swift', 'cloudfiles', 'ktucloud'])
    expect(findDriver(name).summary).toContain('wift');
});

describe('URLs for everybody', () => {
  const ref = { container: 'c', key: 'a folder/odd %é?.txt' };

  test('an object has a temporary URL that reads it, a large one too, with a key of the account that is made once', async () => {
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    await put(swift, ref, 'content');
    const large = { container: 'c', key: 'large' };
    const multipart = swift.capabilities.multipart!;
    const token = await multipart.begin(large, plain, call);
    await multipart.complete(
      token,
      [await multipart.uploadPart(token, 1, bytesBody(Buffer.from('content')), call)],
      call,
    );
    const cdn = swift.capabilities.cdn!;
    for (const each of [ref, ref, large])
      expect(await (await fetch(await cdn.objectUrl(each, call))).text()).toBe('content');
    expect(fake.count('PostAccount')).toBe(1);
    expect((await fetch((await cdn.objectUrl(ref, call)).replace('odd', 'other'))).status).toBe(
      401,
    );
    await swift.close();
  });

  test.each([
    [{ tempurl: { allowed_digests: ['sha1', 'sha256', 'sha512'] } }, 64],
    [{ tempurl: { allowed_digests: ['sha512'] } }, 128],
    [{ tempurl: { allowed_digests: ['sha1'] } }, 40],
    [{ tempurl: {} }, 40],
    [undefined, 40],
  ])('a temporary URL has the digest that /info allows: %j', async (info, hexDigits) => {
    fake.rules.info = info;
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    await put(swift, ref, 'content');
    for (let i = 0; i < 2; i += 1) {
      const url = await swift.capabilities.cdn!.objectUrl(ref, call);
      expect(/temp_url_sig=([0-9a-f]*)/.exec(url)?.[1]).toHaveLength(hexDigits);
      expect(await (await fetch(url)).text()).toBe('content');
    }
    expect(fake.count('Info')).toBe(1);
    await swift.close();
  });

  test('a login page at /info has no digests, and /info is asked again', async () => {
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    fake.faults.next('Info', LOGIN_PAGE);
    expect(await rejection(swift.capabilities.cdn!.objectUrl(ref, call))).toBeInstanceOf(
      UnprovenAnswerError,
    );
    expect(await swift.capabilities.cdn!.objectUrl(ref, call)).toMatch(
      /temp_url_sig=[0-9a-f]{64}&/,
    );
    await swift.close();
  });

  test('a user who does not own the account uses a key of the container, or the configured one', async () => {
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    await put(swift, ref, 'content');
    fake.faults.next('ListContainers', { kind: 'refuse', status: 403 }, 2);
    for (let i = 0; i < 2; i += 1) {
      expect(await (await fetch(await swift.capabilities.cdn!.objectUrl(ref, call))).text()).toBe(
        'content',
      );
    }
    expect({ account: fake.count('PostAccount'), container: fake.count('PostContainer') }).toEqual({
      account: 0,
      container: 1,
    });
    fake.rules.accountHeaders['x-account-meta-temp-url-key'] = 'configured';
    const other = openFake(fake, { temp_url_key: 'configured' });
    expect(await (await fetch(await other.capabilities.cdn!.objectUrl(ref, call))).text()).toBe(
      'content',
    );
    await swift.close();
    await other.close();
  });

  test('a container becomes readable for everybody, and keeps the readers that it had', async () => {
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    fake.rules.store.container('c').headers['x-container-read'] = 'other:reader';
    const cdn = swift.capabilities.cdn!;
    expect((await rejection(cdn.containerUrl('c', call))).message).toContain(
      'enable its CDN first',
    );
    await cdn.enableContainer('c', call);
    await cdn.enableContainer('c', call);
    expect(fake.rules.store.container('c').headers['x-container-read']).toBe('other:reader,.r:*');
    expect(await cdn.containerUrl('c', call)).toBe(`${fake.origin}/v1/AUTH_fake/c`);
    await swift.close();
  });

  test('where the service has a CDN, containers are given to it, and objects are there', async () => {
    fake.rules.hasCdn = true;
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    const cdn = swift.capabilities.cdn!;
    expect(await cdn.objectUrl(ref, call)).toContain('temp_url_sig=');
    await cdn.enableContainer('c', call);
    expect(await cdn.containerUrl('c', call)).toBe('https://cdn.example/c1');
    expect(await cdn.objectUrl(ref, call)).toBe(
      'https://cdn.example/c1/a%20folder/odd%20%25%C3%A9%3F.txt',
    );
    expect(await rejection(cdn.enableContainer('missing', call))).toBeInstanceOf(StorageError);
    expect(fake.count('PostContainer'), 'no other user gets access').toBe(0);
    await swift.close();
  });

  test.each([
    ['http only', { 'x-cdn-uri': 'http://cdn.example/c1/' }, 'http://cdn.example/c1/x'],
    [
      'enabled',
      { 'x-cdn-enabled': 'true', 'x-cdn-ssl-uri': 'https://cdn.example/c1' },
      'https://cdn.example/c1/x',
    ],
    [
      'given to it once',
      { 'x-cdn-enabled': 'False', 'x-cdn-ssl-uri': 'https://cdn.example/c1' },
      'temp_url_sig=',
    ],
  ])('a container of the CDN: %s', async (_what, headers, url) => {
    fake.rules.hasCdn = true;
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    fake.rules.cdnContainers.set('c', headers);
    expect(await swift.capabilities.cdn!.objectUrl({ container: 'c', key: 'x' }, call)).toContain(
      url,
    );
    await swift.close();
  });

  test('a container without readers becomes readable for everybody, by one request however often it is asked for', async () => {
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    const cdn = swift.capabilities.cdn!;
    expect(await rejection(cdn.containerUrl('c', call))).toBeInstanceOf(ContainerError);
    await cdn.enableContainer('c', call);
    await cdn.enableContainer('c', call);
    expect(fake.rules.store.container('c').headers['x-container-read']).toBe('.r:*');
    expect(fake.count('PostContainer')).toBe(1);
    await swift.close();
  });

  test('impossible names have no URL, and no request is sent', async () => {
    const swift = openFake(fake, { temp_url_key: 'configured' });
    const { objectUrl } = swift.capabilities.cdn!;
    expect(await rejection(objectUrl({ container: 'a/b', key: 'x' }, call))).toBeInstanceOf(
      ContainerDoesNotExistError,
    );
    expect(await rejection(objectUrl({ container: 'c', key: '' }, call))).toBeInstanceOf(
      InvalidObjectNameError,
    );
    await swift.close();
  });

  test('the second key of an account or of a container serves as well as the first', async () => {
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    await put(swift, ref, 'content');
    const { objectUrl } = swift.capabilities.cdn!;
    fake.rules.accountHeaders['x-account-meta-temp-url-key-2'] = 'of the account';
    expect(await (await fetch(await objectUrl(ref, call))).text()).toBe('content');
    fake.faults.next('ListContainers', { kind: 'refuse', status: 403 });
    fake.rules.store.container('c').headers['x-container-meta-temp-url-key-2'] = 'of the container';
    expect(await (await fetch(await objectUrl(ref, call))).text()).toBe('content');
    expect({ account: fake.count('PostAccount'), container: fake.count('PostContainer') }).toEqual({
      account: 0,
      container: 0,
    });
    await swift.close();
  });

  test('an account that fails to answer is an error, and the container’s key is not used instead', async () => {
    const swift = openFake(fake);
    await swift.createContainer('c', call);
    fake.faults.next('ListContainers', { kind: 'refuse', status: 503 });
    expect(await rejection(swift.capabilities.cdn!.objectUrl(ref, call))).toBeInstanceOf(
      StorageError,
    );
    expect(fake.count('PostContainer')).toBe(0);
    await swift.close();
  });
});
