import { beforeEach, expect, test } from 'vitest';
import type { Backend } from '../../../src/drivers/backend.js';
import { collect, itemsOfPages } from '../../../src/drivers/pages.js';
import { type FakeS3, startFakeS3 } from '../../fakes/s3/server.js';
import { call, listKeys, plain, put } from '../conformance/fixture.js';
import { openFailingFake } from '../failing-fake.js';
import { CONTAINER } from '../faults/steps.js';
import { openFake } from './open.js';

const container = CONTAINER;
const KEYS = ['%zz', '100%', '100%25', 'a b+c', 'a%20b', 'a+b', 'folder/#,', 'ä/€'];
let fake: FakeS3;
let s3: Backend;

beforeEach(async () => {
  const opened = await openFailingFake(startFakeS3, openFake);
  ({ fake, backend: s3 } = opened);
  fake.rules.listsAsCeph = true;
  fake.rules.pageLimit = 1;
  return opened.close;
});

test('P4: S3 client: a V1 listing goes on after its last key, whatever NextMarker says and however it is written', async () => {
  const v1 = openFake(fake, { listing_version: 'v1' });
  for (const key of KEYS) await put(v1, { container, key }, key);
  expect(await listKeys(v1, container)).toEqual(KEYS);
  await v1.close();
});

test('S3 client: lists versions page by page when markers are not encoded', async () => {
  fake.rules.store.bucket(container).versioned = true;
  for (const key of KEYS) await put(s3, { container, key }, key);
  const versions = s3.capabilities.versions!;
  const list = itemsOfPages(
    's3',
    (page) => versions.listVersions(container, '', { ...page, size: 1 }, call),
    call,
  );
  expect((await collect(list)).map(({ key }) => key)).toEqual(KEYS);
});

test('S3 client: lists uploads under their names when keys are encoded and the answer does not say so', async () => {
  const multipart = s3.capabilities.multipart!;
  for (const key of KEYS) await multipart.begin({ container, key }, plain, call);
  expect((await multipart.unfinished(container, '', call)).map(({ key }) => key).sort()).toEqual(
    KEYS,
  );
  for (const key of KEYS) {
    const own = (await multipart.unfinished(container, key, call)).filter(
      (upload) => upload.key === key,
    );
    expect(own).toHaveLength(1);
    for (const upload of own) await multipart.abort(upload, call);
  }
  expect(await multipart.unfinished(container, '', call)).toEqual([]);
});
