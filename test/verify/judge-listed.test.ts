import { expect, test } from 'vitest';
import type { ObjectInfo } from '../../src/drivers/call.js';
import { judgeListed } from '../../src/verify/judge-listed.js';
import { record } from '../state/fixtures.js';

const sent = record({ etag: 'e' });
const md5 = (hex: string) => [{ algorithm: 'md5' as const, hex }];
const info = (changes: Partial<ObjectInfo> = {}): ObjectInfo => ({
  container: 'c',
  key: 'f',
  size: sent.size,
  checksums: [],
  metaData: {},
  extra: { etag: 'e' },
  ...changes,
});

test.each([
  ['the same ETag', sent, info(), 'listed'],
  ['no ETag to compare', sent, info({ extra: {} }), 'listed'],
  [
    'the MD5 of the record, although its ETag is another',
    sent,
    info({ checksums: md5(sent.md5), extra: { etag: 'x' } }),
    'listed',
  ],
  ['another MD5', sent, info({ checksums: md5('f'.repeat(32)) }), 'changed'],
  ['another ETag', sent, info({ extra: { etag: 'x' } }), 'changed'],
  ['another size', sent, info({ size: sent.size + 1 }), 'wrong-size'],
  ['no object', sent, undefined, 'missing'],
  ['no record', undefined, info(), 'extraneous'],
  ['an upload under way', record({ state: 'sending' }), undefined, 'unconfirmed'],
] as const)('judging a listing: %s', (_, known, listed, verdict) => {
  expect(judgeListed(known, listed, true)).toBe(verdict);
});

test('judging a listing: a digest of parts is compared by the ETag alone', () => {
  const inParts = record({ md5: '', md5Parts: 'a'.repeat(32), partSize: 5, etag: 'e-2' });
  const listed = info({ checksums: md5('f'.repeat(32)), extra: { etag: 'e-2' } });
  expect(judgeListed(inParts, listed, true)).toBe('listed');
});

test('judging a listing: 0 bytes say nothing where large objects are listed so', () => {
  expect(judgeListed(sent, info({ size: 0 }), false)).toBe('listed');
  expect(judgeListed(sent, info({ size: 0 }), true)).toBe('wrong-size');
});
