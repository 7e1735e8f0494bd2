import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import type { RemoteFact } from '../../../src/sync/decide.js';
import { describes, recalled } from '../../../src/sync/snapshot/recalled-record.js';
import { anyRecord, record } from '../../state/fixtures.js';

const MD5 = record().md5;
const OTHER = '0'.repeat(32);

const listed = (fact: Partial<RemoteFact> = {}): RemoteFact => ({
  size: 11,
  inspected: false,
  ...fact,
});

describe('describes', () => {
  const inParts = { md5: '', md5Parts: MD5, partSize: 5, etag: `"${MD5}-3"` };
  it.each<readonly [string, Partial<ObjectRecord>, Partial<RemoteFact>, boolean]>([
    ['equal MD5', {}, { md5: MD5 }, true],
    ['equal MD5 and ETag', { etag: 'e' }, { md5: MD5, etag: 'e' }, true],
    ['equal ETag alone', { etag: 'e' }, { etag: 'e' }, true],
    ['equal ETag of an object in parts', inParts, { etag: `"${MD5}-3"` }, true],
    ['another ETag of an object in parts', inParts, { etag: `"${OTHER}-3"` }, false],
    ['another MD5', {}, { md5: OTHER }, false],
    [
      'equal MD5, another ETag: stored by another client since then',
      { etag: 'e' },
      { md5: MD5, etag: 'f' },
      false,
    ],
    ['equal ETag, another MD5', { etag: 'e' }, { md5: OTHER, etag: 'e' }, false],
    ['another size', {}, { md5: MD5, size: 12 }, false],
    ['nothing to compare', {}, {}, false],
    ['an ETag that was not recorded, and no MD5', {}, { etag: 'e' }, false],
    [
      'an MD5 of an object that was hashed in parts, and no ETag',
      { ...inParts, etag: 'e' },
      { md5: MD5 },
      false,
    ],
  ])('an object with %s', (_, known, fact, expected) => {
    expect(describes(record(known), listed(fact))).toBe(expected);
  });

  it.each<readonly [string, Partial<RemoteFact>, boolean]>([
    ['the content that was being sent', { md5: MD5 }, true],
    ['the ETag of the object that was to be replaced', { etag: 'before', size: 3 }, true],
    ['neither', { md5: OTHER, etag: 'e' }, false],
  ])('an unconfirmed upload, where the object has %s', (_, fact, expected) => {
    expect(describes(record({ state: 'sending', etag: 'before' }), listed(fact))).toBe(expected);
  });
});

describe('recalled', () => {
  const then = { epoch: 2, kept: ['mode', 'mtime'] };

  it('keeps what a record says of file and object', async () => {
    const keeps = fc.property(anyRecord, (known) => {
      const { guarded: _, metadataEpoch: __, ...facts } = known;
      const { guarded, metadataEpoch, ...kept } = recalled(known, then, then);
      expect(kept).toEqual(facts);
    });
    await fc.assert(keeps);
  });

  it.each([
    ['the same setting, under another number', 2, { epoch: 0, kept: ['mode', 'mtime'] }, undefined],
    ['the same setting, under number 3', 2, { epoch: 3, kept: ['mode', 'mtime'] }, 3],
    ['another setting', 2, { epoch: 0, kept: ['mtime'] }, 1],
    ['another setting, under the last number', 2, { epoch: 3, kept: ['mtime'] }, undefined],
    ['an object that had not got the setting of that time', 1, { epoch: 2, kept: then.kept }, 3],
  ])('numbers the metadata of %s', (_, epoch, now, expected) => {
    expect(recalled(record({ metadataEpoch: epoch }), then, now).metadataEpoch).toBe(expected);
  });

  it('P4: leaves out what was held or approved at another time, and keeps what was rejected', () => {
    const verdictOf = (guarded: NonNullable<ObjectRecord['guarded']>) =>
      recalled(record({ guarded }), then, then).guarded;
    expect(verdictOf('delete-approved')).toBeUndefined();
    expect(verdictOf('overwrite-approved')).toBeUndefined();
    expect(verdictOf('delete-held')).toBeUndefined();
    expect(verdictOf('rejected')).toBe('rejected');
  });
});
