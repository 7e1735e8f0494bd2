import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { BodyPart } from '../../src/drivers/call.js';
import { fileBody } from '../../src/drivers/file-body.js';
import { createPartsThreads } from '../../src/drivers/parts-threads.js';
import { statPath, versionOf } from '../../src/file-stat.js';
import { hasHanging, SourceSilentError, whenNoneHangs } from '../../src/silent-source.js';
import { localPartsEffects } from '../../src/sync/work/local-parts-effects.js';
import { openPartsFixture } from '../scale/parts-fixture.js';
import { eventually } from '../world/eventually.js';
import { canServe, serveFiles } from '../world/file-server.js';
import { temporaryFolder } from '../world/folder.js';
import { call, rejection } from './conformance/fixture.js';

const MIB = 2 ** 20;
const SIZE = 12 * MIB;
const SILENT_MS = 2_000;
const ref = { container: 'c', key: 'k' };

/** A file of 12 parts on a file server. */
async function opened({ silentMs = SILENT_MS } = {}) {
  const folder = temporaryFolder('silent-source');
  const at = temporaryFolder('served');
  const content = randomBytes(SIZE);
  writeFileSync(join(folder, 'large'), content);
  const server = await serveFiles(folder, at);
  const path = join(at, 'large');
  const threads = createPartsThreads({ silentMs });
  onTestFinished(() => threads.close());
  const body = await fileBody(path, { ref, driver: 'test', threads, silentMs });
  const parts = (from = body) => {
    const cut = { partSize: MIB, wholeMd5: false };
    if (from.parts === undefined) throw new TypeError('the body has no parts');
    return from.parts(cut, call.signal).parts;
  };
  return { server, at, path, content, threads, body, parts };
}

async function drain(parts: AsyncIterable<BodyPart>): Promise<number> {
  let bytes = 0;
  for await (const { size, release } of parts) {
    bytes += size;
    release();
  }
  return bytes;
}

/** On a busy machine the server, or its reader, may have no time for as long as a silence is here. */
function readsAgain(read: () => Promise<number | undefined>): Promise<void> {
  return eventually(async () => expect(await read()).toBe(SIZE));
}

describe.skipIf(!canServe)('a file server that does not answer amid a file', () => {
  test('the thread that waits for it is abandoned, and ends when the server answers', async () => {
    const { server, parts } = await opened();
    const [reading, beside] = [parts(), parts()];
    const first = (await reading.next()).value as BodyPart;
    server.freeze();
    first.release();
    const failed = [drain(reading), drain(beside)].map(rejection);
    expect(await Promise.all(failed)).toEqual([
      expect.any(SourceSilentError),
      expect.any(SourceSilentError),
    ]);
    expect(hasHanging()).toBe(true);
    // What was read before is there still.
    expect(first.body.bytes?.byteLength).toBe(MIB);
    server.thaw();
    await whenNoneHangs();
    await readsAgain(() => drain(parts()));
  });

  test('no more threads are begun than there may be, however often it is tried', async () => {
    const { server, threads, parts } = await opened();
    server.freeze();
    for (let tries = 0; tries < 2; tries += 1)
      expect(await rejection(drain(parts()))).toBeInstanceOf(SourceSilentError);
    expect(() => threads.open({} as never)).toThrow(SourceSilentError);
    server.thaw();
    await whenNoneHangs();
    await readsAgain(() => drain(parts()));
  });

  test('a body that is read while it is sent rejects, and leaves threads for others', async () => {
    const { server, body, path } = await opened();
    const bodies = [body.open(), body.open()].map((each) => each[Symbol.asyncIterator]());
    await Promise.all(bodies.map((each) => each.next()));
    server.freeze();
    const failed = await Promise.all(bodies.map((each) => rejection(each.next())));
    expect(failed).toEqual([expect.any(SourceSilentError), expect.any(SourceSilentError)]);
    const options = { ref, driver: 'test', silentMs: SILENT_MS };
    expect(await rejection(fileBody(path, options))).toBeInstanceOf(SourceSilentError);
    server.thaw();
    await whenNoneHangs();
    await readsAgain(async () => (await fileBody(path, options)).size);
  });

  test('a slow one that answers is waited for', async () => {
    const { server, parts } = await opened({ silentMs: 8 * SILENT_MS });
    const reading = parts();
    const first = (await reading.next()).value as BodyPart;
    server.freeze();
    first.release();
    const drained = drain(reading);
    server.thaw();
    expect(await drained).toBe(SIZE - MIB);
    expect(hasHanging()).toBe(false);
  });

  test('a worker returns the parts', async () => {
    const { backend, token } = await openPartsFixture();
    const { server, at, path, threads } = await opened();
    const version = versionOf(statPath(path));
    const effects = localPartsEffects({
      ...{ backend, container: 'c', prefix: 'p/', source: at, follow: false, threads },
      silentMs: SILENT_MS,
    });
    const order = {
      ...{ name: 'large', version, upload: token.opaque, partSize: MIB, first: 1 },
      known: Array.from({ length: 12 }, () => undefined),
    };
    const sent = effects.send(order, call.signal);
    server.freeze();
    expect(await rejection(sent)).toBeInstanceOf(SourceSilentError);
    server.thaw();
  });
});
