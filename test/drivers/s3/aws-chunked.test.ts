import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from '../../../src/drivers/crc32c.js';
import {
  type ChunkedForm,
  CRC32_TRAILER,
  chunkedBody,
  chunkedHeaders,
  chunkedSize,
  payloadName,
  type Trailer,
} from '../../../src/drivers/s3/aws-chunked.js';
import { createSigner } from '../../../src/drivers/s3/sign.js';
import { readAll, streamedBody } from '../conformance/fixture.js';

const CRC32C_TRAILER: Trailer = {
  name: 'x-amz-checksum-crc32c',
  bytes: 4,
  begin() {
    let value = 0;
    return {
      update(bytes) {
        value = crc32c(bytes, value);
      },
      base64() {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(value);
        return bytes.toString('base64');
      },
    };
  },
};

const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const CONTENT = Buffer.alloc(66_560, 'a');

/** What Amazon's examples send: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html */
async function exampleOf(form: ChunkedForm, more: Readonly<Record<string, string>>) {
  const { headers, chunkSignatures } = createSigner().sign(
    {
      method: 'PUT',
      host: 's3.amazonaws.com',
      path: '/examplebucket/chunkObject.txt',
      query: '',
      headers: {
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        ...chunkedHeaders(form, CONTENT.byteLength, undefined),
        ...more,
      },
      payload: payloadName(form),
    },
    CREDENTIALS,
    'us-east-1',
    Date.UTC(2013, 4, 24),
  );
  const open = () => streamedBody(CONTENT).open();
  const body = chunkedBody({ size: CONTENT.byteLength, open }, form, chunkSignatures);
  return { headers, size: body.size, sent: (await readAll(body.open())).toString('latin1') };
}

test('aws-chunked: signs the chunks and the trailer of Amazon’s example as documented', async () => {
  const { headers, sent, size } = await exampleOf(
    { signed: true, trailer: CRC32C_TRAILER, named: true },
    {},
  );
  expect(headers['authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
      'SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer, ' +
      'Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  );
  expect(sent).toBe(
    [
      '10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      'a'.repeat(65_536),
      '400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      'a'.repeat(1024),
      '0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
      'x-amz-checksum-crc32c:sOO8/Q==',
      'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
      '',
      '',
    ].join('\r\n'),
  );
  expect(size).toBe(sent.length);
});

test('aws-chunked: signs the chunks of Amazon’s example without a trailer as documented', async () => {
  const { headers, sent, size } = await exampleOf(
    { signed: true, trailer: undefined, named: true },
    { 'content-length': '66824' },
  );
  expect(headers['authorization']).toMatch(
    /Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9$/,
  );
  expect(sent.match(/chunk-signature=\w+/g)).toEqual([
    'chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    'chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ]);
  expect([size, sent.length]).toEqual([66_824, 66_824]);
});

test('aws-chunked: the size that is announced is that of what is sent, in every form', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.nat(200_000), fc.constantFrom(0, 1, 65_535, 65_536, 65_537, 131_072)),
      fc.integer({ min: 1, max: 100_000 }),
      fc.boolean(),
      fc.boolean(),
      async (size, chunkSize, signed, hasTrailer) => {
        const form = { signed, trailer: hasTrailer ? CRC32_TRAILER : undefined, named: true };
        const content = Buffer.alloc(size, 'x');
        const signatures = () => ({ chunk: () => 'c'.repeat(64), trailer: () => 't'.repeat(64) });
        const body = chunkedBody(
          { size, open: () => streamedBody(content, chunkSize).open() },
          form,
          signatures,
        );
        const sent = await readAll(body.open());
        expect(sent.byteLength).toBe(body.size);
        expect(chunkedSize(size, form)).toBe(body.size);
      },
    ),
  );
});

test('aws-chunked: another encoding of the content stays behind the one of the body', () => {
  expect(chunkedHeaders({ signed: false, trailer: CRC32_TRAILER, named: true }, 7, 'gzip')).toEqual(
    {
      'content-encoding': 'aws-chunked,gzip',
      'x-amz-decoded-content-length': '7',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    },
  );
});

test.each([
  ['goes on', new Uint8Array(1)],
  ['fails at its end', undefined],
])('aws-chunked: holds back the end of the content of a source that %s', async (_, more) => {
  const size = 4 * 65_536;
  async function* open() {
    for (let at = 0; at < size; at += 32_768) yield new Uint8Array(32_768);
    if (more === undefined) throw new Error('the file changed');
    yield more;
  }
  const body = chunkedBody(
    { size, open },
    { signed: false, trailer: CRC32_TRAILER, named: true },
    () => {
      throw new Error('not signed');
    },
  );
  let content = 0;
  const read = async () => {
    for await (const bytes of body.open()) content += bytes.filter((byte) => byte === 0).byteLength;
  };
  await expect(read()).rejects.toThrow(
    more === undefined ? /the file changed/ : /the source gave more/,
  );
  expect(content).toBeLessThan(size);
});
