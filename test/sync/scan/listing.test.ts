import { expect, it } from 'vitest';
import { unpackObjects } from '../../../src/drivers/packed-objects.js';
import { listRemote } from '../../../src/sync/scan/listing.js';
import { compareNames } from '../../../src/utf8-order.js';
import { call } from '../../drivers/conformance/fixture.js';
import { openFake } from '../../drivers/s3/open.js';
import { startFakeS3 } from '../../fakes/s3/server.js';

const NAMES = Array.from({ length: 6000 }, (_, at) => `d${at % 7}/f é${at}+%2F`).sort(compareNames);
const index = {
  nameAfter: (after: string | undefined, count: number) =>
    NAMES[(after === undefined ? -1 : NAMES.indexOf(after)) + count],
};
const nothing = { nameAfter: () => undefined };

it('reconcile listing: has each object of the mirror once and in order, in several pages at once, by S3', async () => {
  const fake = await startFakeS3();
  const backend = openFake(fake);
  await backend.createContainer('bucket', call);
  const bucket = fake.rules.store.bucket('bucket');
  for (const key of [...NAMES.map((name) => `p/${name}`), 'o', 'p', 'q/x'])
    fake.rules.store.add(bucket, key, { bytes: Buffer.alloc(0), etag: '"e"', headers: {} });
  for (const ignoresStartAfter of [false, true]) {
    for (const known of [index, nothing]) {
      fake.rules.ignoresStartAfter = ignoresStartAfter;
      fake.log.length = 0;
      const listed: string[] = [];
      const seen: number[] = [];
      const root = { container: 'bucket', prefix: 'p/', index: known };
      for await (const { objects } of listRemote(backend, root, call.signal, (page) =>
        seen.push(unpackObjects(page).length),
      ))
        listed.push(...unpackObjects(objects).map(({ key }) => key.slice(2)));
      expect(listed).toEqual(NAMES);
      expect(seen.reduce((sum, count) => sum + count, 0)).toBe(NAMES.length);
      const ranges = fake.log.filter(({ query }) => query.has('start-after')).length;
      if (!ignoresStartAfter) expect(ranges).toBeGreaterThan(1);
    }
  }
  expect(fake.log.filter(({ query }) => query.has('start-after'))).toEqual([]);
  await backend.close();
  await fake.close();
}, 60_000);
