import { beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { RangeIgnoredError } from '../../../src/drivers/errors.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { call, listAll, put, rejection } from '../conformance/fixture.js';
import { openFailingFake } from '../failing-fake.js';
import { CONTAINER } from '../faults/steps.js';
import { openFake } from './open.js';

const container = CONTAINER;
const KEYS = ['%zz', 'a b+c', 'a%20b', 'a+b', 'folder/#,', 'ä/€'];
let fake: FakeS3;
let s3: Backend;

beforeEach(async () => {
  const opened = await openFailingFake(startFakeS3, openFake);
  ({ fake, backend: s3 } = opened);
  fake.rules.pageLimit = 2;
  for (const key of KEYS) await put(s3, { container, key }, key);
  fake.log.length = 0;
  return opened.close;
});

const queries = () =>
  fake.log.map(({ query }) =>
    ['start-after', 'continuation-token', 'marker'].filter((name) => query.has(name)),
  );

test('S3 client: begins a range with start-after, and goes on with the token alone', async () => {
  const listed = await listAll(s3, container, '', undefined, { after: '%zz', upTo: 'folder/#,' });
  expect(listed.map(({ key }) => key)).toEqual(KEYS.slice(1, 5));
  expect(queries()).toEqual([['start-after'], ['continuation-token']]);
});

test('S3 client: begins a range of a V1 listing, and goes on, with the marker', async () => {
  const v1 = openFake(fake, { listing_version: 'v1' });
  const listed = await listAll(v1, container, '', undefined, { after: '%zz', upTo: 'folder/#,' });
  expect(listed.map(({ key }) => key)).toEqual(KEYS.slice(1, 5));
  expect(queries()).toEqual([['marker'], ['marker']]);
  await v1.close();
});

test('P4: S3 client: refuses a range that the provider begins elsewhere, and asks for no more of them at once', async () => {
  expect(s3.capabilities.pagesAtOnce()).toBeGreaterThan(1);
  fake.rules.ignoresStartAfter = true;
  for (const after of ['%zz', '%']) {
    const listing = s3.listObjects(container, '', { range: { after } }, call);
    if (after === '%') expect((await listing).items).toHaveLength(2);
    else expect(await rejection(listing)).toBeInstanceOf(RangeIgnoredError);
  }
  expect(s3.capabilities.pagesAtOnce()).toBe(1);
});
