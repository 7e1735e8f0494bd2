import aws4 from 'aws4';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode, encodePath, encodeQuery } from '../../../src/drivers/s3/encode.js';
import { createSigner } from '../../../src/drivers/s3/sign.js';

const NOW = Date.UTC(2026, 10, 22, 14, 41, 47);
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
/** aws4 takes its path through its own parser, which loses these; the fake S3 checks them over the wire instead. */
const key = text.filter((given) => !/(^|\/)\.{1,2}(\/|$)|\/\/|^\//.test(given));

test('S3 signature: is that of aws4 for any request', () => {
  const signer = createSigner();
  fc.assert(
    fc.property(
      key,
      fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text, { maxKeys: 4 }),
      fc.dictionary(
        fc.stringMatching(/^x-amz-[a-z]{1,8}$/),
        fc.stringMatching(/^[!-~]([ -~]*[!-~])?$/),
        { maxKeys: 4 },
      ),
      fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'HEAD'),
      fc.constantFrom('us-east-1', 'eu-central-1', 'auto'),
      fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,40}$/), { nil: undefined }),
      (name, query, given, method, region, sessionToken) => {
        const path = `/bucket/${encodePath(name)}`;
        const encoded = encodeQuery(query);
        const headers = { ...given, 'content-type': 'text/plain' };
        const keys = { ...credentials, ...(sessionToken !== undefined && { sessionToken }) };
        const payload = 'UNSIGNED-PAYLOAD';
        const ours = signer.headers(
          { method, host: 's3.example.com', path, query: encoded, headers, payload },
          keys,
          region,
          NOW,
        );
        const theirs = aws4.sign(
          {
            service: 's3',
            region,
            method,
            host: 's3.example.com',
            path: encoded === '' ? path : `${path}?${encoded}`,
            headers: {
              ...headers,
              host: 's3.example.com',
              'X-Amz-Content-Sha256': payload,
              'X-Amz-Date': '20261122T144147Z',
            },
          },
          keys,
        );
        expect(ours['authorization']).toBe(
          (theirs.headers as Record<string, string>)['Authorization'],
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('S3 signature: has header values in their canonical form, without blanks at the ends or in rows', () => {
  const headers = { 'x-amz-meta-note': 'two  blanks,   three', 'cache-control': ' at the ends ' };
  const ours = createSigner().headers(
    {
      method: 'PUT',
      host: 's3.example.com',
      path: '/b/k',
      query: '',
      headers,
      payload: 'UNSIGNED-PAYLOAD',
    },
    credentials,
    'us-east-1',
    NOW,
  );
  const theirs = aws4.sign(
    {
      service: 's3',
      region: 'us-east-1',
      method: 'PUT',
      host: 's3.example.com',
      path: '/b/k',
      headers: {
        ...headers,
        host: 's3.example.com',
        'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
        'X-Amz-Date': '20261122T144147Z',
      },
    },
    credentials,
  );
  expect(ours['authorization']).toBe((theirs.headers as Record<string, string>)['Authorization']);
});

test('S3 presigned URL: is that of aws4', () => {
  const query = createSigner().query(
    { method: 'GET', host: 's3.example.com', path: '/bucket/a%20b%2Bc' },
    credentials,
    'eu-west-1',
    NOW,
    3600,
  );
  const theirs = aws4.sign(
    {
      service: 's3',
      region: 'eu-west-1',
      signQuery: true,
      host: 's3.example.com',
      path: '/bucket/a%20b%2Bc?X-Amz-Expires=3600&X-Amz-Date=20261122T144147Z',
    },
    credentials,
  );
  const parameters = (url: string) => [...new URLSearchParams(url).entries()].sort();
  expect(parameters(query)).toEqual(parameters(theirs.path!.split('?')[1]!));
});

test('S3 signature: a new second, day, region or secret gives another signature', () => {
  const signer = createSigner();
  const request = {
    method: 'GET',
    host: 'h',
    path: '/',
    query: '',
    headers: {},
    payload: 'UNSIGNED-PAYLOAD',
  };
  const other = { ...credentials, secretAccessKey: 'other' };
  const tomorrow = NOW + 86_400_000;
  for (const [keys, region, nowMs] of [
    [credentials, 'a', NOW],
    [credentials, 'a', NOW + 1_000],
    [credentials, 'a', NOW - 1_000],
    [credentials, 'b', NOW],
    [credentials, 'b', tomorrow],
    [other, 'b', tomorrow],
    [credentials, 'a', NOW],
  ] as const) {
    expect(signer.headers(request, keys, region, nowMs)).toEqual(
      createSigner().headers(request, keys, region, nowMs),
    );
  }
});

test('S3 encoding: leaves only unreserved characters, and decodeURIComponent reverses it', () => {
  fc.assert(
    fc.property(text, (given) => {
      expect(decodeURIComponent(encode(given))).toBe(given);
      expect(encode(given)).toMatch(/^([A-Za-z0-9_.~-]|%[0-9A-F]{2})*$/);
      expect(encodePath(given)).toBe(encode(given).replaceAll('%2F', '/'));
    }),
  );
});
