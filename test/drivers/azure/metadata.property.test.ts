import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeName,
  encodeName,
  metadataHeaders,
  metadataIn,
} from '../../../src/drivers/azure/metadata.js';

const names = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'f', '2', 'd', '_', '-', '.'),
    minLength: 1,
    maxLength: 12,
  }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((name) => name.toLowerCase()),
);

describe('metadata of blobs', () => {
  test('has names that are identifiers of C#, and comes back under those that were given', () => {
    fc.assert(
      fc.property(names, (name) => {
        const encoded = encodeName(name);
        expect(encoded).toMatch(/^[a-z_][a-z0-9_]*$/);
        expect(decodeName(encoded)).toBe(name);
      }),
    );
  });

  test('keeps names that are identifiers, such as those of rclone', () => {
    for (const name of ['mtime', 'mode', 'uid', 'gid', 'md5chksum', 'a_b', '_x', 'x2'])
      expect(encodeName(name)).toBe(name);
    expect(encodeName('longshore-xattr-0')).toBe('longshore_2d_xattr_2d_0');
    expect(encodeName('2nd')).toBe('_32_nd');
    // Could be taken for an encoded name.
    expect(encodeName('a_2d_b')).toBe('a_5f_2d_5f_b');
  });

  test('has the time of a file in the form of rclone, and gives it back in that of the program', () => {
    const headers = metadataHeaders({ mtime: '1700000000.123456789', note: 'grüße' });
    expect(headers).toEqual({
      'x-ms-meta-mtime': '2023-11-14T22:13:20.123456789Z',
      'x-ms-meta-note': '=?UTF-8?B?Z3LDvMOfZQ==?=',
    });
    expect(metadataIn(headers)).toEqual({ mtime: '1700000000.123456789', note: 'grüße' });
    expect(metadataIn({ 'x-ms-meta-Mtime': '2023-11-14T23:13:20.5+01:00' })).toEqual({
      mtime: '1700000000.5',
    });
    expect(metadataIn(metadataHeaders({ mtime: 'long ago' }))).toEqual({ mtime: 'long ago' });
  });
});
