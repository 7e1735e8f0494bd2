import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { ObjectRef } from '../../../src/drivers/call.js';
import { checksumOf } from '../../../src/drivers/digest.js';
import { sendObject } from '../../../src/drivers/send.js';
import { deleteEntries, nothingEmptied } from '../../../src/sync/trash/delete-entries.js';
import { listTrash } from '../../../src/sync/trash/list-trash.js';
import { createTrash } from '../../../src/sync/trash/trash.js';
import { openFake as openS3 } from '../../drivers/s3/open.js';
import { openFake as openSwift } from '../../drivers/swift/open.js';
import { startFakeS3 } from '../../fakes/s3/server.js';
import { startFakeSwift } from '../../fakes/swift/server.js';

const { signal } = new AbortController();
const MIB = 2 ** 20;
const place = { container: 'large', prefix: 'p/', trashPrefix: '.longshore/trash/' };
const original: ObjectRef = { container: place.container, key: 'p/film' };

/** Each with what it keeps beside objects: what may not stay behind, and may not go too early. */
const stores = {
  async 'swift, moved in segments of its own'() {
    const fake = await startFakeSwift();
    onTestFinished(() => fake.close());
    const parts = () => fake.rules.store.containers.get('large_segments')?.objects.size ?? 0;
    return { backend: openSwift(fake, { max_put_size: '2MiB' }), parts };
  },
  async 's3, an object that was sent in parts'() {
    const fake = await startFakeS3({ minPartSize: MIB });
    onTestFinished(() => fake.close());
    const parts = () =>
      [...fake.rules.store.buckets.values()].reduce((sum, { uploads }) => sum + uploads.size, 0);
    return { backend: openS3(fake), parts };
  },
};

async function contentOf(backend: Backend, ref: ObjectRef): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await backend.readObject(ref, undefined, { signal }))
    chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function entriesOf(backend: Backend) {
  const entries = [];
  for await (const page of listTrash(backend, place, signal)) entries.push(...page);
  return entries;
}

test.each(Object.entries(stores))(
  'P5: trash: a large object survives its move, and a purge leaves nothing of it: %s',
  async (_, open) => {
    const { backend, parts } = await open();
    onTestFinished(() => backend.close());
    await backend.createContainer(place.container, { signal });
    const content = randomBytes(11 * MIB);
    const options = {
      contentType: 'video/mp4',
      metaData: { mtime: '17.5' },
      headers: {},
      checksums: [checksumOf('md5', content)],
    };
    await sendObject(backend, original, bytesBody(content), options, {
      signal,
      verifyHash: true,
      partsAbove: 2 * MIB,
      partSize: 5 * MIB,
    });
    await createTrash({ ...place, backend, clock: systemClock }).keep(
      'film',
      undefined,
      { why: 'deleted' },
      signal,
    );
    await backend.deleteObject(original, { signal });

    const entries = await entriesOf(backend);
    expect(entries).toMatchObject([{ name: 'film', size: content.length }]);
    const moved = { container: place.container, key: entries[0]?.key ?? '' };
    expect((await contentOf(backend, moved)).equals(content)).toBe(true);
    expect(await backend.headObject(moved, { signal })).toMatchObject({
      metaData: { mtime: '17.5' },
      extra: { contentType: 'video/mp4' },
    });

    const emptied = nothingEmptied();
    await deleteEntries(backend, place.container, entries, emptied, signal);
    expect(emptied).toMatchObject({ objects: 1, bytes: content.length });
    expect((await backend.listObjects(place.container, '', {}, { signal })).items).toEqual([]);
    expect(parts()).toBe(0);
  },
);
