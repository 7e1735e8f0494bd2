import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOverQuota } from '../../src/drivers/http/over-quota.js';
import { toStorageError as s3Error } from '../../src/drivers/s3/errors.js';
import { toStorageError as swiftError } from '../../src/drivers/swift/errors.js';

const size = fc.nat({ max: 5 * 2 ** 30 });
const about = {
  requestId: undefined,
  region: undefined,
  retryAfterMs: undefined,
  dateMs: undefined,
};
const body = (bytes: number) => ({ size: bytes, open: async function* () {} });

test('quota: a refusal that names one means it, whatever the size', () => {
  fc.assert(
    fc.property(
      size,
      size,
      fc.constantFrom('Upload exceeds quota.', 'QuotaExceeded'),
      (bytes, largestStored, message) => {
        expect(isOverQuota({ message, bytes, largestStored })).toBe(true);
      },
    ),
  );
});

test('quota: a refusal that names none means it for a body that is no larger than one that was stored', () => {
  fc.assert(
    fc.property(size, size, (bytes, largestStored) => {
      expect(isOverQuota({ message: 'too large', bytes, largestStored })).toBe(
        bytes > 0 && bytes <= largestStored,
      );
    }),
  );
});

const subject = { action: 'put', container: 'box', key: 'x' };
const entityTooLarge = { ...about, status: 400, code: 'EntityTooLarge' };

test.each([
  ['of a quota', 'Upload exceeds quota', 2, 0, 'TargetFullError'],
  [
    'of a size that was stored before',
    'Your proposed upload exceeds the maximum allowed object size',
    2,
    2,
    'TargetFullError',
  ],
  [
    'of a larger size',
    'Your proposed upload exceeds the maximum allowed object size',
    3,
    2,
    'ObjectTooLargeError',
  ],
])('S3 client: EntityTooLarge %s', (_, message, bytes, largestStored, name) => {
  expect(
    s3Error({ ...entityTooLarge, message }, { ...subject, body: body(bytes), largestStored }),
  ).toMatchObject({ name });
});

test.each([
  ['of a quota', 'Upload exceeds quota', 2, 0, 'TargetFullError'],
  ['of a size that was stored before', '', 2, 2, 'TargetFullError'],
  ['of a larger size', '', 3, 2, 'ObjectError'],
])('Swift client: 413 %s', (_, message, bytes, largestStored, name) => {
  expect(
    swiftError(
      { ...about, status: 413, message },
      { ...subject, body: body(bytes), largestStored },
    ),
  ).toMatchObject({ name });
});
