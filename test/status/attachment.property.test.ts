import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attachmentOf } from '../../src/status/attachment.js';

const FORM =
  /^attachment; filename="([\x20-\x7e]*)"; filename\*=UTF-8''((?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+)$/;

test('attachment: whatever the name is, the header is one line with one file name and no path', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const [, ascii = '', encoded = ''] = FORM.exec(attachmentOf(name)) ?? [];
      const decoded = decodeURIComponent(encoded);
      expect(decoded).toMatch(/^[^\p{Cc}\p{Cs}/\\:\u200e\u200f\u202a-\u202e\u2066-\u2069]+$/u);
      expect(ascii).not.toMatch(/["\\/]/);
      expect(['.', '..', '']).not.toContain(decoded);
    }),
  );
});

test.each([
  ['a/b/report.pdf', 'attachment; filename="report.pdf"; filename*=UTF-8\'\'report.pdf'],
  ['x/..', 'attachment; filename="object"; filename*=UTF-8\'\'object'],
  ['Ü "1".txt', 'attachment; filename="_ _1_.txt"; filename*=UTF-8\'\'%C3%9C%20%221%22.txt'],
])('attachment: %s is saved under its last part', (name, header) => {
  expect(attachmentOf(name)).toBe(header);
});
