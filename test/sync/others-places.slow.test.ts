import { expect, test } from 'vitest';
import { bytesBody } from '../../src/drivers/body.js';
import { packObjects } from '../../src/drivers/packed-objects.js';
import { pages } from '../../src/drivers/pages.js';
import { createOthersPlaces } from '../../src/sync/store/others-places.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';

const never = new AbortController().signal;

test('P4: objects of another mirror below the prefix are not extraneous while its lease exists', async () => {
  const { storage, write, run, events } = await openMirrorFixture({
    mirror: { extraneous: 'delete' },
  });
  const put = (key: string) =>
    storage.putObject(
      { container: 'c', key },
      bytesBody(Buffer.from(key)),
      { contentType: 'text/plain', metaData: {}, headers: {}, checksums: [] },
      { signal: never },
    );
  const keys = async () => {
    const found: string[] = [];
    for await (const { items } of pages(
      'memory',
      (page) => storage.listObjects('c', '', page, { signal: never }),
      { signal: never },
    ))
      found.push(...items.map(({ key }) => key));
    return found;
  };
  // Some come before the lease in the listing, and some after it; more of them than one page holds.
  const early = Array.from(
    { length: 4_500 },
    (_, at) => `p/laptop/!${String(at).padStart(4, '0')}`,
  );
  const others = [
    'p/laptop/!',
    ...early,
    'p/laptop/.longshore/lease',
    'p/laptop/.longshore/trash/2026/a',
    'p/laptop/deep/a',
    'p/laptop/z',
  ];
  for (const key of [...others, 'p/laptop', 'p/laptop-too/a', 'p/stray']) await put(key);
  write('mine');
  for (let round = 0; round < 3; round += 1) await run('reconcile');
  expect(await keys()).toEqual([...others, 'p/mine']);
  expect(events).toContainEqual(
    expect.objectContaining({
      event: 'skipped',
      path: 'laptop/z',
      reason: 'extraneous',
      detail: expect.stringMatching(
        /another mirror writes to p\/laptop\/.*longshore object rm t c p\/laptop\/\.longshore\/lease$/,
      ),
    }),
  );
  await storage.deleteObject(
    { container: 'c', key: 'p/laptop/.longshore/lease' },
    { signal: never },
  );
  await run('reconcile');
  expect(await keys()).toEqual(['p/mine']);
});

test('every object counts as another mirror’s when there are too many leases', () => {
  const places = createOthersPlaces('p/');
  const lease = (mirror: string) => ({
    key: `p/${mirror}/.longshore/lease`,
    size: 0,
    md5: undefined,
    etag: undefined,
  });
  places.note(packObjects(Array.from({ length: 10_000 }, (_, at) => lease(`m${at}`))));
  expect(places.over('stray')).toBeUndefined();
  places.note(packObjects([lease('more')]));
  expect(places.over('stray')).toBe('');
});
