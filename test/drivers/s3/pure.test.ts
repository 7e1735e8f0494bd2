import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeMetadataValue,
  encodeMetadataValue,
} from '../../../src/drivers/http/encoded-words.js';
import {
  buildXml,
  childrenOf,
  parseXml,
  survivesXml,
  textOf,
} from '../../../src/drivers/http/xml.js';
import { matchesPattern } from '../../../src/drivers/name-pattern.js';
import { profileOfHost } from '../../../src/drivers/s3/choose.js';
import { parseSharedFile } from '../../../src/drivers/s3/credentials/shared-files.js';
import { decodeListed, encode } from '../../../src/drivers/s3/encode.js';
import { addressing } from '../../../src/drivers/s3/endpoint.js';
import { compositeEtag, md5InEtag } from '../../../src/drivers/s3/etag.js';
import { readFailure } from '../../../src/drivers/s3/failure.js';
import { readListing } from '../../../src/drivers/s3/listing-xml.js';
import { findProfile, profiles } from '../../../src/drivers/s3/profiles.js';
import { escapeXml } from '../../fakes/s3/answer.js';

const anyText = fc.string({ unit: 'binary', maxLength: 50 });

describe('metadata values', () => {
  test('come back whatever they are, in printable ASCII without blanks at the ends', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const encoded = encodeMetadataValue(value);
        expect(encoded).toMatch(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/);
        expect(decodeMetadataValue(encoded)).toBe(value);
      }),
    );
  });

  test('that are plain are sent as they are, so that other tools read them', () => {
    for (const value of ['1700000000.123456789', '100644', 'two words'])
      expect(encodeMetadataValue(value)).toBe(value);
  });

  test('of other writers are read: quoted-printable words, several of them, and raw UTF-8', () => {
    expect(decodeMetadataValue('=?UTF-8?Q?gr=C3=BC=C3=9Fe_an?=')).toBe('grüße an');
    expect(decodeMetadataValue('=?UTF-8?B?w6Q=?= =?UTF-8?B?w7Y=?=')).toBe('äö');
    expect(decodeMetadataValue(Buffer.from('grüße').toString('latin1'))).toBe('grüße');
    expect(decodeMetadataValue('=?KOI8-R?B?8A==?=')).toBe('=?KOI8-R?B?8A==?=');
  });
});

describe('listings', () => {
  const entry = fc.record({
    key: anyText.filter((key) => key !== ''),
    size: fc.nat(),
    etag: fc.stringMatching(/^"[0-9a-f]{32}(-\d{1,4})?"$/),
  });

  test('are read as the general parser reads them', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 5 }),
        fc.boolean(),
        fc.option(anyText.filter(survivesXml), { nil: undefined }),
        (entries, truncated, token) => {
          const contents = entries.map(
            ({ key, size, etag }) =>
              `<Contents><Key>${encode(key)}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>${escapeXml(etag)}</ETag><Size>${size}</Size></Contents>`,
          );
          const next =
            token === undefined
              ? ''
              : `<NextContinuationToken>${escapeXml(token)}</NextContinuationToken>`;
          const text = `<?xml version="1.0"?>\n<ListBucketResult xmlns="x"><EncodingType>url</EncodingType><IsTruncated>${truncated}</IsTruncated>${contents.join('\n')}${next}</ListBucketResult>\n`;
          const listing = readListing(text)!;
          const parsed = parseXml(text)!.element;
          expect(listing.truncated).toBe(truncated);
          expect(listing.nextToken).toBe(textOf(parsed, 'NextContinuationToken'));
          expect(listing.objects.map(({ key, size, etag }) => [key, String(size), etag])).toEqual(
            childrenOf(parsed, 'Contents').map((each) => [
              textOf(each, 'Key'),
              textOf(each, 'Size'),
              textOf(each, 'ETag'),
            ]),
          );
          expect(listing.objects.map(({ key }) => decodeListed(key))).toEqual(
            entries.map(({ key }) => key),
          );
        },
      ),
    );
  });

  test('that are cut short anywhere are no listings', () => {
    const text =
      '<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>';
    expect(readListing(text)?.objects).toHaveLength(1);
    for (let length = 0; length < text.length; length += 1)
      expect(readListing(text.slice(0, length)), text.slice(0, length)).toBeUndefined();
    expect(readListing('<html>502</html>')).toBeUndefined();
  });

  test('with a blank written as + are read', () =>
    expect(decodeListed('a+b%2Bc%20d')).toBe('a b+c d'));
});

test('S3 XML: keeps every text that survivesXml accepts', () => {
  fc.assert(
    fc.property(anyText.filter(survivesXml), (key) => {
      const document = parseXml(
        buildXml('Delete', { Object: [{ Key: key }, { Key: 'x' }] }).toString('utf8'),
      );
      expect(textOf(childrenOf(document!.element, 'Object')[0]!, 'Key')).toBe(key);
    }),
  );
  for (const text of ['a\nb', 'a\u0000', '\ufffe', ' lead']) expect(survivesXml(text)).toBe(false);
});

test('S3 ETag: is an MD5 only when it has the form of one', () => {
  expect(md5InEtag('"D41D8CD98F00B204E9800998ECF8427E"')).toBe('d41d8cd98f00b204e9800998ecf8427e');
  for (const etag of [
    '"d41d8cd98f00b204e9800998ecf8427e-1"',
    'W/"d41d8cd98f00b204e9800998ecf8427e"',
    '"x"',
    '',
    undefined,
  ])
    expect(md5InEtag(etag)).toBeUndefined();
  // printf a | openssl md5 -binary, the same for b, both through openssl md5
  expect(
    compositeEtag(['0cc175b9c0f1b6a831c399e269772661', '92eb5ffee6ae2fec3ad71c777531578f']),
  ).toBe('"96e024ba2074fe77e8e965ba43a704be-2"');
});

test('Retry-After: is seconds or a date, and at most an hour', () => {
  const now = Date.UTC(2026, 0, 1);
  const wait = (value: string) => readFailure(503, { 'retry-after': value }, '', now).retryAfterMs;
  expect(wait('7')).toBe(7000);
  expect(wait(new Date(now + 90_000).toUTCString())).toBe(90_000);
  expect(wait(new Date(now - 90_000).toUTCString())).toBe(0);
  expect(wait('86400')).toBe(3_600_000);
  expect(wait('soon')).toBeUndefined();
});

describe('addresses', () => {
  const plain = { host: undefined, port: undefined, secure: true, addressing: 'auto' } as const;
  const at = (
    settings: Partial<Parameters<typeof addressing>[0]>,
    profile: string,
    container?: string,
    key?: string,
  ) => addressing({ ...plain, ...settings }, findProfile(profile))('eu-west-1', container, key);

  test('AWS containers are virtual hosts, unless their dots would break TLS', () => {
    expect(at({}, 'aws', 'photos', 'a b/../ü')).toEqual({
      origin: 'https://photos.s3.eu-west-1.amazonaws.com',
      host: 'photos.s3.eu-west-1.amazonaws.com',
      path: '/a%20b/../%C3%BC',
    });
    expect(at({}, 'aws', 'my.photos', 'x').origin).toBe('https://s3.eu-west-1.amazonaws.com');
    expect(at({ secure: false }, 'aws', 'my.photos', 'x').origin).toBe(
      'http://my.photos.s3.eu-west-1.amazonaws.com',
    );
    expect(at({}, 'aws', 'photos').path).toBe('/');
  });

  test('a named host is asked by path, unless it is said otherwise', () => {
    expect(at({ host: '10.0.0.1', port: 9000, secure: false }, 'minio', 'photos', '/x')).toEqual({
      origin: 'http://10.0.0.1:9000',
      host: '10.0.0.1:9000',
      path: '/photos//x',
    });
    expect(at({ host: 'minio.lan', addressing: 'virtual' }, 'minio', 'photos', 'x').host).toBe(
      'photos.minio.lan',
    );
    expect(at({ host: '127.0.0.1' }, 'aws', 'photos', 'x').path).toBe('/photos/x');
  });

  test('a default port is not part of the host', () => {
    expect(at({ host: 'h', port: 443 }, 'minio').host).toBe('h');
    expect(at({ host: 'h', port: 80, secure: false }, 'minio').host).toBe('h');
    expect(at({ host: 'h', port: 80 }, 'minio').host).toBe('h:80');
  });
});

test('S3 profiles: the host names the provider', () => {
  expect(profileOfHost(undefined)?.name).toBe('aws');
  expect(profileOfHost('abc.r2.cloudflarestorage.com')?.name).toBe('r2');
  expect(profileOfHost('s3.us-west-004.backblazeb2.com')?.name).toBe('b2');
  expect(profileOfHost('minio.lan')).toBeUndefined();
  expect(profileOfHost('evilamazonaws.com')).toBeUndefined();
});

test('S3 profiles: their limits fit each other', () => {
  for (const profile of profiles) {
    expect(profile.parts.max * profile.parts.maxParts, profile.name).toBeGreaterThanOrEqual(
      profile.maxObjectSize,
    );
    expect(profile.checksums, profile.name).toContain('md5');
    if (profile.host === undefined) expect(profile.addressing, profile.name).toBe('path');
  }
});

test('name pattern: matches as in gitignore', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['*.html', 'a/b.html', true],
    ['*.html', 'a.htm', false],
    ['assets/**', 'assets/a/b.css', true],
    ['assets/*', 'assets/a/b.css', false],
    ['**/x/*.js', 'x/a.js', true],
    ['**/x/*.js', 'deep/er/x/a.js', true],
    ['/top.txt', 'top.txt', true],
    ['images/', 'images/a.png', true],
    ['images/', 'deep/images/er/a.png', true],
    ['images/', 'images', false],
    ['a/images/', 'a/images/b/c.png', true],
    ['a/images/', 'b/a/images/c.png', false],
    ['/images/', 'b/images/c.png', false],
    ['a?c', 'abc', true],
    ['a.c', 'abc', false],
  ];
  for (const [pattern, name, expected] of cases)
    expect(matchesPattern(pattern, name), `${pattern} ${name}`).toBe(expected);
});

test('shared AWS files: profiles, comments, nested settings, later keys win', () => {
  const sections = parseSharedFile(
    '[default]\naws_access_key_id = A # mine\naws_secret_access_key=b=c#d\n; gone\n[profile two]\nregion = eu-west-1\ns3 =\n  max = 1\n[two]\nregion = eu-west-2\n',
  );
  expect(sections.get('default')).toEqual({
    aws_access_key_id: 'A',
    aws_secret_access_key: 'b=c#d',
  });
  expect(sections.get('two')).toEqual({ region: 'eu-west-2', s3: '' });
});
