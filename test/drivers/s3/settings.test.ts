import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { read } from '../../../src/config/fields.js';
import { findDriver } from '../../../src/drivers/registry/registry.js';
import { s3Driver } from '../../../src/drivers/s3/driver-kind.js';
import { openS3, settingsOf } from './open.js';

const keys = { key: 'a', secret: 'b' };

test.each([
  [{ profile: 'aws', key: 'a' }, /key and secret/],
  [{ profile: 'aws', token: 't' }, /token belongs/],
  [{ profile: 'aws', ...keys, aws_profile: 'work' }, /exclude each other/],
  [{ profile: 'minio', ...keys }, /needs a host/],
  [{ profile: 'b2', ...keys }, /needs a region/],
  [{ profile: 'r2', host: 'h', ...keys, tags: [{ key: 'a', value: 'b' }] }, /no tags/],
  [{ profile: 'swift-s3api', host: 'h', ...keys, encryption: { type: 'kms' } }, /no sse-kms/],
  [{ profile: 'aws', ...keys, encryption: { type: 's3', kms_key: 'x' } }, /kms_key is for/],
  [{ profile: 'aws', ...keys, encryption: { type: 'customer' } }, /belong together/],
  [{ profile: 'aws', ...keys, object_lock: { mode: 'compliance' } }, /retain/],
  [{ profile: 'aws', ...keys, object_lock: {} }, /neither/],
  [{ profile: 'aws', ...keys, ca_file: '/nowhere/ca.pem' }, /ca_file/],
])('S3 settings: %j are refused when the target is opened', (settings, message) => {
  expect(() => openS3(settings)).toThrow(message);
});

test('S3 settings: a profile declares only what it can do, and etag overrides its checksums', async () => {
  const generic = openS3({ profile: 'generic', host: 'h', ...keys });
  expect(generic.capabilities).toMatchObject({ preconditions: [], checksums: ['md5'] });
  const swift = openS3({ profile: 'swift-s3api', host: 'h', ...keys });
  expect(swift.capabilities.multipart?.partSize.maxParts).toBe(1000);
  const opaque = openS3({ profile: 'generic', host: 'h', ...keys, etag: 'opaque' });
  expect([opaque.hashType, opaque.capabilities.listingHas.checksums]).toEqual([undefined, false]);
  for (const backend of [generic, swift, opaque]) await backend.close();
});

test('S3 settings: show no secret in a listing', () => {
  const settings = settingsOf(
    { key: 'visible-key', secret: 'visible-secret' },
    { AWS_SECRET_ACCESS_KEY: 'from-env' },
  );
  expect(JSON.stringify(settings)).not.toMatch(/visible|from-env/);
});

test.each([
  ['minio', { host: 'h' }, 'ifMatch'],
  ['s3_rgw', { host: 'h' }, 'ifMatch'],
  ['digitalocean_spaces', {}, undefined],
  ['scaleway', {}, undefined],
  ['ovh', {}, undefined],
  ['aurora_objects', {}, 'ifMatch'],
  ['s3_rgw_outscale', {}, 'ifMatch'],
])('S3 settings: Libcloud’s name %s opens with its profile', async (name, settings, condition) => {
  const kind = findDriver(name);
  const reading = read(kind.settings({ folder: '/', env: {} }), { ...keys, ...settings });
  const backend = await kind.open(reading.value, { clock: systemClock });
  expect(backend.capabilities.preconditions.at(-1)).toBe(condition);
  await backend.close();
});

test('S3 settings: an unknown option is refused', () => {
  expect(
    read(s3Driver.settings({ folder: '/', env: {} }), { bucket: 'x' }).complaints?.[0]?.message,
  ).toContain('unknown key');
});
