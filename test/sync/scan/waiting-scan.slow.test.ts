import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openIndex } from '../../../src/state/open-index.js';
import { pageOf, type RemotePage } from '../../../src/sync/scan/remote-page.js';
import { record } from '../../state/fixtures.js';
import { mirrored, scanned } from './scan-fixture.js';

const RECORDS = 400;
const PAGE = 8_192;
/** Updates of 4 objects at once: as many as an hour with one a second, three times over. */
const COMMITS = 2_700;

it('P7: index: does not grow under churn while a scan waits, and the scan then goes on where it was', async () => {
  const { root, location, request } = await mirrored(['a', 'b', 'c']);
  const index = await openIndex(location);
  const nameOf = (n: number) => `zz ${n % RECORDS}`;
  await Promise.all(Array.from({ length: RECORDS }, (_, n) => index.put(nameOf(n), record())));
  const update = (n: number) =>
    Promise.all([0, 97, 193, 311].map((step) => index.put(nameOf(n + step), record({ size: n }))));
  const pages = () => statSync(join(location.folder, 'index.mdb')).size / PAGE;

  let answer: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let asks: () => void = () => undefined;
  const waits = new Promise<void>((resolve) => {
    asks = resolve;
  });
  async function* listing(): AsyncGenerator<RemotePage> {
    asks();
    await asked;
    yield pageOf([], true);
  }
  rmSync(join(root, 'b'));
  const scanning = scanned(request(), { listing: listing() });
  await waits;
  const began = performance.now();
  for (let n = 0; performance.now() - began < 3_000; n += 1) await update(n);
  const before = pages();
  for (let n = 0; n < COMMITS; n += 1) await update(n);
  expect(pages() - before).toBeLessThan(100);

  await Promise.all(Array.from({ length: RECORDS }, (_, n) => index.remove(nameOf(n))));
  answer();
  const { due, summary } = await scanning;
  expect(due).toEqual(['upload .keep', 'upload a', 'upload c', 'forget b']);
  expect(summary).toMatchObject({ complete: true });
  await index.close();
}, 90_000);
