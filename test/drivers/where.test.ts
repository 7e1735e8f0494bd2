import { expect, test } from 'vitest';
import { builtinDrivers, findDriver } from '../../src/drivers/registry/registry.js';

test.each([
  ['local', { root: '/srv/vault' }, '/srv/vault'],
  ['s3', { profile: 'auto', host: 'minio.lan', port: 9000, key: 'me' }, 'minio.lan:9000'],
  ['s3', { profile: 'aws', region: 'eu-central-1' }, 'aws eu-central-1'],
  ['scaleway', { profile: 'scaleway', region: 'fr-par' }, 'scaleway fr-par'],
  ['digitalocean_spaces', { profile: 'digitalocean' }, 'digitalocean nyc3'],
  [
    'swift',
    { auth_url: 'https://id.example/v3', key: 'me', project: 'p', region: 'r' },
    'https://id.example/v3 p r',
  ],
  ['swift', { host: 'swift.lan', port: 8080, key: 'account:user' }, 'swift.lan:8080 account'],
  [
    'swift',
    { storage_url: 'https://s.example/v1/AUTH_1', project: 'p' },
    'https://s.example/v1/AUTH_1',
  ],
  ['backblaze_b2', { host: 'api.backblazeb2.com', key: 'me' }, 'api.backblazeb2.com'],
  ['google_storage', {}, 'storage.googleapis.com'],
  ['gcs', { host: 'gcs.lan', port: 4443 }, 'gcs.lan:4443'],
])('driver %s with %j: names the place of its objects', (driver, settings, where) => {
  expect(findDriver(driver).where?.(settings)).toBe(where);
});

test('registry: each driver whose objects outlive the process names their place', () => {
  expect(builtinDrivers.filter(({ where }) => where === undefined).map(({ name }) => name)).toEqual(
    ['memory'],
  );
});
