import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOf, addressOfUrl, pathOf } from '../../../src/drivers/azure/address.js';
import { readBatch, writeBatch } from '../../../src/drivers/azure/batch-body.js';
import { readBlockId, writeBlockId } from '../../../src/drivers/azure/block-id.js';
import { readBlobListing } from '../../../src/drivers/azure/listing-xml.js';
import { keyProblem, newContainerProblem } from '../../../src/drivers/azure/names.js';

describe('addresses', () => {
  const at = { host: undefined, port: undefined, secure: true, addressing: 'auto' } as const;
  test.each([
    [{}, 'https://acc.blob.core.windows.net', ''],
    [{ host: 'blob.core.usgovcloudapi.net' }, 'https://acc.blob.core.usgovcloudapi.net', ''],
    [{ host: 'blob.core.chinacloudapi.cn' }, 'https://acc.blob.core.chinacloudapi.cn', ''],
    [
      { host: 'privatelink.blob.core.windows.net' },
      'https://acc.privatelink.blob.core.windows.net',
      '',
    ],
    [{ host: 'acc.blob.core.windows.net' }, 'https://acc.blob.core.windows.net', ''],
    [{ host: 'acc.z12.blob.storage.azure.net' }, 'https://acc.z12.blob.storage.azure.net', ''],
    [{ host: '127.0.0.1', port: 10_000, secure: false }, 'http://127.0.0.1:10000', '/acc'],
    [{ host: 'edge.example', port: 11_002 }, 'https://edge.example:11002', '/acc'],
    [{ host: 'backups.example.com', addressing: 'host' }, 'https://backups.example.com', ''],
  ] as const)('%j is %s%s', (settings, origin, prefix) => {
    expect(addressOf('acc', { ...at, ...settings })).toEqual({ account: 'acc', origin, prefix });
  });

  test('are read from connection strings, and refused when they are of another account', () => {
    expect(addressOfUrl('acc', 'http://127.0.0.1:10000/acc/').prefix).toBe('/acc');
    expect(addressOfUrl('acc', 'https://acc.blob.core.windows.net').prefix).toBe('');
    for (const url of ['ftp://x', 'no url', 'http://127.0.0.1/other'])
      expect(() => addressOfUrl('acc', url)).toThrow(/BlobEndpoint/);
  });

  test('have the name of a blob percent-encoded, slashes and dots in place', () => {
    const address = { account: 'a', origin: 'https://x', prefix: '/a' };
    expect(pathOf(address, 'c', 'x//y z/%25é')).toBe('/a/c/x//y%20z/%2525%C3%A9');
    expect(pathOf(address)).toBe('/a/');
  });
});

test('block ids: have one length and say what they were made of', () => {
  const hex = (bytes: number) =>
    fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .map((each) => Buffer.from(each).toString('hex'));
  const number = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(hex(8), number, number, hex(16), (nonce, part, order, md5) => {
      const id = { nonce, number: part, order, md5: /^0+$/.test(md5) ? undefined : md5 };
      const written = writeBlockId(id);
      expect(written).toHaveLength(44);
      expect(readBlockId(written)).toEqual(id);
    }),
  );
  expect(readBlockId(Buffer.from('00000001').toString('base64'))).toBeUndefined();
});

describe('listings of blobs', () => {
  const listing = (blobs: string, marker = '<NextMarker />') =>
    `<?xml version="1.0"?><EnumerationResults ContainerName="c"><Blobs>${blobs}</Blobs>${marker}</EnumerationResults>`;
  const blob = (name: string, more = '') =>
    `<Blob>${name}<Properties><Content-Length>5</Content-Length><Content-MD5 /></Properties>${more}</Blob>`;

  test('keep white space, entities, and names that XML cannot hold', () => {
    const text = listing(
      blob(
        '<Name> a &amp; b </Name>',
        '<Metadata><mtime>now &lt;</mtime><Content-Length>x</Content-Length></Metadata>',
      ) +
        blob('<Name Encoded="true">a%EF%BF%BEb</Name>', '<Metadata />') +
        blob('<Name>100%25</Name>'),
    );
    const { blobs, nextMarker } = readBlobListing(text)!;
    expect(blobs.map(({ name }) => name)).toEqual([' a & b ', 'a\ufffeb', '100%25']);
    expect(blobs.map(({ fields }) => fields.get('Content-Length'))).toEqual(['5', '5', '5']);
    expect(blobs[0]!.metadata!.get('mtime')).toBe('now <');
    expect([blobs[1]!.metadata!.size, blobs[2]!.metadata]).toEqual([0, undefined]);
    expect(nextMarker).toBeUndefined();
  });

  test('that are cut short anywhere are no listings', () => {
    const text = listing(blob('<Name>a</Name>'), '<NextMarker>2!x</NextMarker>');
    expect(readBlobListing(text)).toMatchObject({ nextMarker: '2!x' });
    for (let length = 0; length < text.length; length += 1)
      expect(readBlobListing(text.slice(0, length)), text.slice(0, length)).toBeUndefined();
    expect(readBlobListing('<html>502</html>')).toBeUndefined();
  });
});

test('batches: each answer is for the request that its Content-ID names, whatever the order', () => {
  const sent = writeBatch('b', [
    { path: '/c/a%20b?x=y', headers: { 'x-ms-date': 'now' } },
    { path: '/c/d', headers: {} },
  ]).toString();
  expect(sent).toContain(
    'Content-ID: 1\r\n\r\nDELETE /c/d HTTP/1.1\r\nContent-Length: 0\r\n\r\n--b--\r\n',
  );
  const part = (id: string, answer: string) =>
    `--r\r\nContent-Type: application/http\r\n${id}\r\n\r\n${answer}\r\n\r\n`;
  const text = [
    part('Content-ID: 1', 'HTTP/1.1 202 Accepted\r\nx-ms-request-id: 1'),
    part(
      'Content-ID: 0',
      'HTTP/1.1 404 Not Found\r\nx-ms-error-code: BlobNotFound\r\n\r\n<Error/>',
    ),
    part('X: y', 'HTTP/1.1 202 Accepted'),
    part('Content-ID: 0', 'no status'),
    '--r--',
  ].join('');
  expect(readBatch('multipart/mixed; boundary=r', text)).toEqual([
    { at: 1, status: 202, headers: { 'x-ms-request-id': '1' }, body: '' },
    { at: 0, status: 404, headers: { 'x-ms-error-code': 'BlobNotFound' }, body: '<Error/>' },
  ]);
  expect(readBatch('text/html', text)).toEqual([]);
});

test('names: what the service would store under another name, or not at all, has a reason', () => {
  for (const key of [
    'a.',
    'a./b',
    '..',
    'a\\b',
    'new\nline',
    '\u0085',
    '\ufffe',
    'x'.repeat(1025),
    '\ud800',
    '',
  ])
    expect(keyProblem(key), JSON.stringify(key.slice(0, 20))).toMatch(/.{5}/);
  expect(keyProblem(`${'a/'.repeat(254)}b`)).toMatch(/parts between slashes/);
  for (const key of ['.a', 'a/.b/c', 'a//b', '/a', 'folder/', 'é', '🎉', '語'.repeat(1024)])
    expect(keyProblem(key)).toBeUndefined();
  expect(newContainerProblem('a-1-b')).toBeUndefined();
  for (const name of ['ab', 'a--b', '-ab', 'ab-', 'Abc', 'a.b'])
    expect(newContainerProblem(name)).toBeDefined();
});
