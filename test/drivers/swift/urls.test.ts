import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import {
  ContainerDoesNotExistError,
  InvalidObjectNameError,
  StorageError,
  UnprovenAnswerError,
} from '../../../src/drivers/errors.js';
import { LOGIN_PAGE } from '../../fakes/scripted-faults.js';
import { API_KEY, CREDENTIAL, SECRET, USER } from '../../fakes/swift/identity.js';
import { type FakeSwift, startFakeSwift } from '../../fakes/swift/server.js';
import { call, plain, put, rejection } from '../conformance/fixture.js';
import { openFake, openSwift } from './open.js';

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
