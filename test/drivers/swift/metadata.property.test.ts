import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StorageError } from '../../../src/drivers/errors.js';
import {
  decodeMetadataValue,
  METADATA_PREFIX,
  metadataHeaders,
} from '../../../src/drivers/swift/metadata.js';

test('Swift metadata: any text comes back unchanged through a header of plain ASCII', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary-ascii' }),
      (unicode, ascii) => {
        for (const value of [unicode, ascii, `${unicode}%41`]) {
          const sent = metadataHeaders({ key: value })[`${METADATA_PREFIX}key`]!;
          expect(sent).toMatch(/^[\x20-\x7e]*$/);
          expect(sent.trim()).toBe(sent);
          expect(decodeMetadataValue(sent)).toBe(value);
        }
      },
    ),
  );
});

test('Swift metadata: of other clients is read as they meant it', () => {
  expect(decodeMetadataValue(Buffer.from('grüße 日本').toString('latin1'))).toBe('grüße 日本');
  expect(decodeMetadataValue('50% off, 100%')).toBe('50% off, 100%');
  expect(decodeMetadataValue('%ff')).toBe('%ff');
});

test('Swift metadata: refuses a key that would come back as another, and a value without a UTF-8 form', () => {
  for (const key of ['under_score', 'blank key', 'é', ''])
    expect(() => metadataHeaders({ [key]: 'x' })).toThrow(StorageError);
  expect(() => metadataHeaders({ key: '\ud800' })).toThrow('no UTF-8 form');
});
