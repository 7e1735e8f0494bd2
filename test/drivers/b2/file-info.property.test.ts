import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  describe as describeFile,
  infoHeaders,
  metaDataIn,
} from '../../../src/drivers/b2/file-info.js';
import { ObjectError } from '../../../src/drivers/errors.js';
import { mtimeNsIn, secondsText } from '../../../src/sync/store/object-metadata.js';

const describe = (metaData: Readonly<Record<string, string>>, headers = {}) =>
  describeFile({ headers: [] }, 'key', { contentType: 'text/plain', metaData, headers }).info;

test('B2 file information: metadata comes back as it was, whatever its keys and values are', () => {
  const key = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .map((text) => text.toLowerCase());
  const value = fc.string({ unit: 'grapheme', maxLength: 60 });
  const metaData = fc.dictionary(key, value, { maxKeys: 8, noNullPrototype: true });
  fc.assert(
    fc.property(metaData, (given) => {
      fc.pre(Object.keys(given).every((name) => name === name.toLowerCase()));
      fc.pre(
        !Object.keys(given).some((name) =>
          /^(mtime|src_last_modified_millis|large_file_sha1)$/.test(name),
        ),
      );
      const info = describe(given);
      for (const name of Object.keys(info)) expect(name).toMatch(/^[a-z0-9_.`~!#$%^&*'|+-]{1,50}$/);
      expect(metaDataIn(info)).toEqual(given);
      for (const header of Object.values(infoHeaders(info)))
        expect(header).toMatch(/^[\x21-\x7e]*$/);
    }),
    { examples: [[JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>]] },
  );
});

test('P10: B2 file information: a time comes back to the nanosecond, and its milliseconds are those that rclone reads', () => {
  const ns = fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n });
  fc.assert(
    fc.property(ns, fc.boolean(), (given, whole) => {
      const time = whole ? given - (given % 1_000_000n) : given;
      const info = describe({ mtime: secondsText(time) });
      expect(mtimeNsIn(metaDataIn(info))).toBe(time);
      const millis = BigInt(info['src_last_modified_millis'] ?? '');
      const rest = time - millis * 1_000_000n;
      expect(rest >= 0n && rest < 1_000_000n).toBe(true);
      expect(info['mtime'] === undefined).toBe(rest === 0n);
    }),
  );
});

test('B2 file information: a time that another tool has set since counts', () => {
  const info = { ...describe({ mtime: '1700000000.123456789' }), src_last_modified_millis: '5000' };
  expect(metaDataIn(info)).toEqual({ mtime: '5.000000000' });
  expect(metaDataIn({ src_last_modified_millis: 'yesterday' })).toEqual({
    src_last_modified_millis: 'yesterday',
  });
});

test('B2 file information: headers are pairs of their own, and what is too much is refused', () => {
  const info = describe({ mode: '100644' }, { 'Cache-Control': 'no-cache' });
  expect(info).toEqual({ mode: '100644', 'b2-cache-control': 'no-cache' });
  expect(metaDataIn(info)).toEqual({ mode: '100644' });
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`k${at}`, 'v']));
  expect(() => describe(many)).toThrow(ObjectError);
  expect(() => describe({ long: 'x'.repeat(7_000) })).toThrow('7000');
  expect(() => describe({}, { 'x-other': '1' })).toThrow('x-other');
});
