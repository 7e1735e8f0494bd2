import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { fileBody } from '../../src/drivers/file-body.js';
import { sendInParts } from '../../src/drivers/multipart.js';
import type { PartsElsewhere } from '../../src/drivers/parts-range.js';
import { createPartsThreads } from '../../src/drivers/parts-threads.js';
import { statPath, versionOf } from '../../src/file-stat.js';
import { localPartsEffects } from '../../src/sync/work/local-parts-effects.js';
import { startFakeAzure } from '../fakes/azure/server.js';
import { startFakeB2 } from '../fakes/b2/server.js';
import { startFakeS3 } from '../fakes/s3/server.js';
import { temporaryFolder } from '../world/folder.js';
import { openFake as openAzure } from './azure/open.js';
import { openFake as openB2 } from './b2/open.js';
import { call, plain, readAll } from './conformance/fixture.js';
import { digestIn } from './multipart-fixture.js';
import { openFake as openS3 } from './s3/open.js';

const NAME = 'large';
const REF = { container: 'container', key: NAME };

test.each<readonly [string, () => Promise<() => Backend>]>([
  [
    'Azure Blob Storage',
    async () => {
      const fake = await startFakeAzure();
      onTestFinished(() => fake.close());
      return () => openAzure(fake);
    },
  ],
  [
    'Backblaze B2',
    async () => {
      const fake = await startFakeB2();
      onTestFinished(() => fake.close());
      return () => openB2(fake);
    },
  ],
  [
    'S3',
    async () => {
      const fake = await startFakeS3();
      onTestFinished(() => fake.close());
      return () => openS3(fake, { profile: 'minio' });
    },
  ],
])(
  'uploads in parts to %s: another process sends all parts, with nothing but the order',
  async (_, start) => {
    const open = await start();
    const [backend, other] = [open(), open()];
    await backend.createContainer(REF.container, call);
    const { multipart } = backend.capabilities;
    if (multipart === undefined) throw new TypeError('it has no uploads in parts');
    const source = temporaryFolder('shared-uploads');
    const partSize = multipart.partSize.min;
    const content = randomBytes(2 * partSize + 17);
    writeFileSync(join(source, NAME), content);
    const version = versionOf(statPath(join(source, NAME)));
    const threads = createPartsThreads();
    onTestFinished(() => threads.close());
    const effects = localPartsEffects({
      ...{ backend: other, container: REF.container, prefix: '', source, follow: false, threads },
    });
    const orders: string[] = [];
    const refuted: number[] = [];
    const elsewhere: PartsElsewhere = {
      takes: () => true,
      async send({ token: { opaque: upload }, ...range }, signal) {
        orders.push(upload);
        const parts = await effects.send({ name: NAME, version, upload, ...range }, signal);
        expect(parts.every((part) => part?.receipt !== undefined)).toBe(true);
        return { parts, refute: (numbers) => void refuted.push(...numbers) };
      },
    };
    const driver = backend.name;
    const body = await fileBody(join(source, NAME), {
      ref: REF,
      driver,
      expected: version,
      threads,
    });
    const options = { ...plain, metaData: { kept: 'by-the-daemon' } };
    const settings = { ...call, partSize, elsewhere };
    const sent = await sendInParts(backend, multipart, REF, body, options, settings);
    expect(refuted).toEqual([]);
    expect(orders.length).toBeGreaterThan(0);
    // What the object is to have is no business of those that send its parts.
    expect(orders.filter((order) => order.includes('by-the-daemon'))).toEqual([]);
    expect(sent).toMatchObject({ confirmed: true, md5Parts: digestIn(partSize, content) });
    expect((await readAll(await backend.readObject(REF, undefined, call))).equals(content)).toBe(
      true,
    );
    const { metaData } = await backend.headObject(REF, call);
    expect(metaData).toMatchObject({ kept: 'by-the-daemon' });
  },
);
