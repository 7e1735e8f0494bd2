import { expect, test } from 'vitest';
import { findDriver } from '../../../src/drivers/registry/registry.js';
import { chooseAccess } from '../../../src/drivers/swift/choose.js';
import { settingsOf } from './open.js';

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
