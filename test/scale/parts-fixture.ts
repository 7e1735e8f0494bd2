import { randomBytes } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import type { Multipart, UploadToken } from '../../src/drivers/capabilities.js';
import { fileBody } from '../../src/drivers/file-body.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { createPartsThreads } from '../../src/drivers/parts-threads.js';
import { type FileVersion, statPath, versionOf } from '../../src/file-stat.js';
import { digestOfParts } from '../../src/parts-digest.js';
import { localPartsEffects } from '../../src/sync/work/local-parts-effects.js';
import type { PartsEffects } from '../../src/sync/work/parts-effects.js';
import { type Faults, faulty } from '../fakes/faulty-backend.js';
import { temporaryFolder } from '../world/folder.js';

const call = { signal: new AbortController().signal };

/** Bytes of a part; a file of the fixture has more than one range of them. */
export const PART = 8 * 1024;
export const PARTS = 150;
export const REF = { container: 'c', key: 'p/large' };

/** A source with one large file, a container in memory that has an upload for it, and the effects of a process that has both. */
export interface PartsFixture {
  readonly path: string;
  readonly content: Buffer;
  readonly version: FileVersion;
  readonly backend: Backend;
  readonly multipart: Multipart;
  readonly faults: Faults;
  readonly local: PartsEffects;
  readonly token: UploadToken;
  /** As another program changes the file. */
  change(): void;
  /** The same file as a body that is read in threads. */
  body(): ReturnType<typeof fileBody>;
}

export async function openPartsFixture(): Promise<PartsFixture> {
  const source = temporaryFolder('parts-effects');
  const path = join(source, 'large');
  const content = randomBytes((PARTS - 1) * PART + 17);
  writeFileSync(path, content);
  const storage = withEtagsOfParts(
    memoryBackend({ partSize: { min: PART, max: 2 ** 30, maxParts: 10_000 } }),
  );
  await storage.createContainer(REF.container, call);
  const { backend, faults } = faulty(storage);
  const { multipart } = backend.capabilities;
  if (multipart === undefined) throw new TypeError('the memory has no uploads in parts');
  const threads = createPartsThreads();
  onTestFinished(() => threads.close());
  const version = versionOf(statPath(path));
  const options = { contentType: 'a/b', metaData: {}, headers: {}, checksums: [] };
  return {
    path,
    content,
    version,
    backend,
    multipart,
    faults,
    local: localPartsEffects({
      backend,
      container: 'c',
      prefix: 'p/',
      source,
      follow: false,
      threads,
    }),
    token: await multipart.begin(REF, options, call),
    change: () => appendFileSync(path, 'x'),
    body: () => fileBody(path, { ref: REF, driver: backend.name, expected: version, threads }),
  };
}

/** As with S3, an object in parts has an ETag that says nothing of the MD5 of the whole. */
export function withEtagsOfParts(backend: Backend): Backend {
  const { capabilities } = backend;
  const multipart = capabilities.multipart && {
    ...capabilities.multipart,
    etagOfParts: (_: string, parts: readonly { readonly md5: string }[]) =>
      `"${digestOfParts(parts.map(({ md5 }) => md5))}-${parts.length}"`,
  };
  return { ...backend, capabilities: { ...capabilities, multipart } };
}
