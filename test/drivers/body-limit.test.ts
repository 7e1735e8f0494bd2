import { expect, test } from 'vitest';
import { toStorageError as s3Error } from '../../src/drivers/s3/errors.js';
import { toStorageError as swiftError } from '../../src/drivers/swift/errors.js';

const failure = {
  status: 413,
  message: '',
  requestId: undefined,
  region: undefined,
  retryAfterMs: undefined,
  dateMs: undefined,
};
const subject = { action: 'store "x"', container: 'box', key: 'x' };
const HINT = /a proxy in front of it.*body limit.*client_max_body_size.*part_size/;

test('S3 client: a 413 of a proxy hints at its body limit and at part_size', () => {
  expect(
    s3Error({ ...failure, code: 'PayloadTooLarge' } as Parameters<typeof s3Error>[0], subject)
      .message,
  ).toMatch(HINT);
});

test('Swift client: a 413 that speaks of no quota hints at a body limit and at part_size', () => {
  expect(
    swiftError(failure as unknown as Parameters<typeof swiftError>[0], subject).message,
  ).toMatch(HINT);
});
