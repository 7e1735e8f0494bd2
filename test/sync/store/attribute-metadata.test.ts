import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  attributeMetadata,
  attributesIn,
  fitAttributes,
} from '../../../src/sync/store/attribute-metadata.js';
import { compareNames } from '../../../src/utf8-order.js';
import { aclFor } from '../../world/attributes.js';

const base64 = (value: string | Uint8Array) => Buffer.from(value as string).toString('base64');
const LIMITS = { bytes: 2_048, lines: 90 };

const anyName = fc.oneof(
  fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,30}$/),
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,30}$/),
  fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .filter((name) => !/\0|\ufffd/.test(name)),
  fc.constantFrom(
    'mtime',
    'md5chksum',
    'content-type',
    'longshore-xattr-0',
    'hardlink',
    '-a',
    '.a',
  ),
);
const anyValue = fc.oneof(
  fc.string({ maxLength: 300 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const anyAttributes = fc
  .tuple(fc.dictionary(anyName, anyValue, { maxKeys: 8 }), fc.nat(4), fc.nat(7))
  .map(([users, acls, rights]) => {
    const all = Object.entries(users).map(([key, value]) => [`user.${key}`, base64(value)]);
    if (acls & 1) all.push(['system.posix_acl_access', base64(aclFor(1000, rights))]);
    if (acls & 2) all.push(['system.posix_acl_default', base64(aclFor(1001, rights))]);
    return Object.fromEntries(all.sort(([a = ''], [b = '']) => compareNames(a, b)));
  });

test('attribute metadata: gives back every attribute, among the other metadata of an object', () => {
  fc.assert(
    fc.property(anyAttributes, (attributes) => {
      const metadata = attributeMetadata(attributes);
      const others = { mtime: '1.5', mode: '100644', md5chksum: 'x', hardlink: '7' };
      const read = attributesIn({ ...metadata, ...others });
      expect(read).toEqual({ attributes, malformed: false });
      expect(Object.keys(read.attributes)).toEqual(Object.keys(attributes));
    }),
  );
});

test('attribute metadata: has keys and values that headers of every provider carry unchanged', () => {
  fc.assert(
    fc.property(anyAttributes, (attributes) => {
      for (const [key, value] of Object.entries(attributeMetadata(attributes))) {
        expect(key).toMatch(/^[a-z0-9][a-z0-9.-]*$/);
        expect(value).toMatch(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/);
        expect(value.length).toBeLessThanOrEqual(256);
      }
    }),
  );
});

test('P10: attribute metadata: has the form of rclone for names and values that headers carry', () => {
  expect(
    attributeMetadata({
      'user.colour': base64('light blue'),
      'user.xdg.origin.url': base64('https://example.org/'),
    }),
  ).toEqual({ colour: 'light blue', 'xdg.origin.url': 'https://example.org/' });
});

test('attribute metadata: ACLs come first where there is not room for all', () => {
  const acl = { 'system.posix_acl_access': base64(aclFor(1000, 6)) };
  const big = { 'user.a': base64('x'.repeat(1_000)), 'user.b': base64('x'.repeat(2_000)) };
  const fitted = fitAttributes({ ...acl, ...big, 'user.c': base64('c') }, LIMITS);
  expect(fitted.skipped).toEqual(['user.b']);
  expect(Object.keys(fitted.kept)).toEqual(['system.posix_acl_access', 'user.a', 'user.c']);
});

test('attribute metadata: what is kept has room beside the other metadata, and the rest is named', () => {
  fc.assert(
    fc.property(anyAttributes, fc.integer({ min: 300, max: 2_048 }), (attributes, bytes) => {
      const { kept, skipped } = fitAttributes(attributes, { bytes, lines: 90 });
      const metadata = attributeMetadata(kept);
      const sent = Object.entries(metadata).flatMap(([key, value]) => ['x-amz-meta-', key, value]);
      expect(sent.join('').length).toBeLessThanOrEqual(bytes - 256);
      expect([...Object.keys(kept), ...skipped].sort()).toEqual(Object.keys(attributes).sort());
    }),
  );
});

const pack = (...parts: (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string))).toString('base64');

test.each([
  ['a pack that ends early', { 'longshore-xattr-0': pack('user.a\0', [0, 0, 0, 9], 'x') }],
  ['a pack without a length', { 'longshore-xattr-0': pack('user.a\0') }],
  ['a pack that lacks its first part', { 'longshore-xattr-1': pack('user.a\0', [0, 0, 0, 0]) }],
  ['what is no base64', { 'longshore-xattr-0': '*' }],
  ['an attribute of the system', { 'longshore-xattr-0': pack('security.a\0', [0, 0, 0, 0]) }],
  [
    'an ACL of another form',
    { 'longshore-xattr-0': pack('system.posix_acl_access\0', [0, 0, 0, 0]) },
  ],
])('attribute metadata: nothing is taken from %s', (_, metaData) => {
  expect(attributesIn({ ...metaData, colour: 'red' })).toEqual({
    attributes: { 'user.colour': base64('red') },
    malformed: true,
  });
});
