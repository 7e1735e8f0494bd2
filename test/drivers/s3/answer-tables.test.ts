import { expect, test } from 'vitest';
import { flawIn, flawInRefusal } from '../../../src/drivers/http/answer-rules.js';
import { S3_ANSWERS, S3_PROTOCOL, type S3Operation } from '../../../src/drivers/s3/answers.js';

/** Answers as real providers give them: captured, or from the vendor's documentation. */
const REAL: readonly (readonly [
  provider: string,
  operation: S3Operation,
  status: number,
  headers: Record<string, string>,
  body?: string,
])[] = [
  [
    'AWS',
    'putObject',
    200,
    {
      etag: '"0acd6295ee14e480a20c6adee883ff42"',
      'content-length': '0',
      'x-amz-request-id': 'C59C54EB936BA018',
    },
  ],
  [
    'AWS',
    'headBucket',
    200,
    { 'x-amz-bucket-region': 'us-east-1', 'content-type': 'application/xml' },
  ],
  ['AWS', 'deleteObject', 204, { 'x-amz-id-2': 'x' }],
  [
    'Ceph',
    'putObject',
    200,
    {
      etag: '"5d41402abc4b2a76b9719d911017c592"',
      'accept-ranges': 'bytes',
      'x-amz-request-id': 'tx1-default',
    },
  ],
  [
    'Ceph',
    'copyObject',
    200,
    { 'content-type': 'application/xml', 'x-amz-request-id': 'tx1-default' },
    '<?xml version="1.0" encoding="UTF-8"?><CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ETag>5d41402abc4b2a76b9719d911017c592</ETag></CopyObjectResult>',
  ],
  ['Ceph', 'createBucket', 200, { 'content-length': '0', 'x-amz-request-id': 'tx1-default' }],
  [
    'Google Cloud Storage',
    'putObject',
    200,
    {
      etag: '"5d41402abc4b2a76b9719d911017c592"',
      'content-length': '0',
      'content-type': 'text/html; charset=UTF-8',
      'x-guploader-uploadid': 'x',
    },
  ],
  [
    'Google Cloud Storage',
    'headObject',
    200,
    { etag: '"-CKicn4fknNACEAE="', 'x-goog-generation': '1', 'content-type': 'text/html' },
  ],
  [
    'Cloudflare R2',
    'putObject',
    200,
    { etag: '"5d41402abc4b2a76b9719d911017c592"', 'cf-ray': 'x', server: 'cloudflare' },
  ],
  ['Cloudflare R2', 'deleteObject', 204, { 'cf-ray': 'x', server: 'cloudflare' }],
  [
    'Swift',
    'putObject',
    200,
    {
      etag: '"5d41402abc4b2a76b9719d911017c592"',
      'content-type': 'text/html; charset=UTF-8',
      'content-length': '0',
    },
  ],
  [
    'a gateway over files',
    'headObject',
    200,
    { 'x-amz-request-id': 'x', 'content-type': 'text/html' },
  ],
];

const realAnswers = REAL.map(
  ([provider, operation, status, headers, body = '']) =>
    [provider, operation, status, headers, body] as const,
);

test.each(realAnswers)(
  'S3 answers: believe what %s gives for %s',
  (_, operation, status, headers, body) => {
    const read = operation.startsWith('head') ? undefined : body;
    expect(
      flawIn({ status, headers, body: read }, S3_ANSWERS[operation], S3_PROTOCOL, {
        action: 'x',
        container: 'c',
      }),
    ).toBeUndefined();
  },
);

test.each([
  ['tenant:bucket', 'bucket', true],
  ['my-point-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias', 'bucket', true],
  ['bucket', 'bucket', true],
  ['bucket', '', true],
  ['bucket', 'tenant:bucket', false],
  ['bucket', 'bucket2', false],
])('S3 answers: a listing of %s that names "%s" is believed: %s', (asked, listed, believed) => {
  const body = `<?xml version="1.0"?>\n<ListBucketResult xmlns="x"><Name>${listed}</Name></ListBucketResult>`;
  const flaw = flawIn({ status: 200, headers: {}, body }, S3_ANSWERS.listObjects, S3_PROTOCOL, {
    action: 'list',
    container: asked,
  });
  expect(flaw === undefined).toBe(believed);
});

test('S3 answers: a refusal is believed by its document or by a header, and needs neither where nothing is concluded from it', () => {
  const refused = (status: number, headers: Record<string, string>, body: string | undefined) =>
    flawInRefusal({ status, headers, body }, S3_PROTOCOL);
  expect(
    refused(404, {}, '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'),
  ).toBeUndefined();
  expect(refused(404, { 'x-amz-request-id': '1' }, undefined)).toBeUndefined();
  expect(refused(404, {}, '<html></html>')).toBeDefined();
  expect(refused(413, { 'content-type': 'text/html' }, '<html>too large</html>')).toBeUndefined();
});
