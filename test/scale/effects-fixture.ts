import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { createPartsThreads } from '../../src/drivers/parts-threads.js';
import type { Policy } from '../../src/sync/decide.js';
import { type FileReader, openFileReader } from '../../src/sync/source/file-reader.js';
import { containerStore } from '../../src/sync/store/container-store.js';
import type { ObjectStore } from '../../src/sync/store/object-store.js';
import { filePuts } from '../../src/sync/store/put-file.js';
import { packBatch } from '../../src/sync/upload-batch.js';
import type { BatchEffects, BatchOrder, FileOrder } from '../../src/sync/work/batch-effects.js';
import { localBatchEffects } from '../../src/sync/work/local-batch-effects.js';
import type { LocalEntry } from '../../src/watcher/entry.js';
import { type Faults, faulty } from '../fakes/faulty-backend.js';
import { temporaryFolder } from '../world/folder.js';

const never = new AbortController().signal;

type Reader = Pick<FileReader, 'readAll' | 'release'>;

/** What a test may do between the reading of a batch and its first request. */
export interface Pauses {
  beforePut(): Promise<void>;
}

/** A source, a container in memory below the prefix `p/`, and the effects of a process that has both. */
export interface EffectsFixture {
  readonly source: string;
  readonly faults: Faults;
  readonly pauses: Pauses;
  /** Of this process. */
  readonly local: BatchEffects;
  /** The same with another reader. */
  localWith(wrap: (reader: Reader) => Reader): BatchEffects;
  write(name: string, content?: string | Buffer): LocalEntry;
  /** Contents of the objects, by name. */
  objects(): Promise<Record<string, string>>;
  /** Another writer puts an object. Resolves with its ETag. */
  putByOther(name: string, content: string): Promise<string>;
}

export interface EffectsFixtureOptions {
  readonly metadata?: Partial<Policy['metadata']>;
  readonly wrap?: (backend: Backend) => Backend;
  /** See LocalBatchOptions. */
  readonly conditional?: true;
}

export async function openEffectsFixture({
  metadata = {},
  wrap = (backend) => backend,
  conditional,
}: EffectsFixtureOptions = {}): Promise<EffectsFixture> {
  const source = temporaryFolder('batch-effects');
  const storage = memoryBackend();
  await storage.createContainer('c', { signal: never });
  const { backend, faults } = faulty(wrap(storage));
  const policy: Policy = {
    overwrite: 'always',
    extraneous: 'keep',
    deletes: 'mirror',
    metadata: { mtime: true, mode: true, owner: false, ...metadata },
  };
  const threads = createPartsThreads();
  const partsAbove = Number.POSITIVE_INFINITY;
  const reading = { follow: false, partsAbove, partSize: undefined, wholeMd5: false, threads };
  const where = { container: 'c', prefix: 'p/', policy, headers: [], follow: false };
  const files = filePuts({ backend, ...reading });
  const store = containerStore({ backend, ...where, files });
  const kept = policy.metadata.xattr === true ? { xattr: true } : undefined;
  const reader = openFileReader({ source, follow: false, attributes: kept });
  onTestFinished(async () => {
    await reader.close();
    threads.close();
  });
  const pauses = { beforePut: async () => {} };
  const putAll: ObjectStore['putAll'] = async (...batch) => {
    await pauses.beforePut();
    return store.putAll(...batch);
  };
  const localWith: EffectsFixture['localWith'] = (wrapped) =>
    localBatchEffects({
      reader: wrapped(reader),
      store: { ...store, putAll },
      policy,
      drain: never,
      ...(conditional && { conditional }),
    });
  return {
    source,
    faults,
    pauses,
    local: localWith((same) => same),
    localWith,
    write(name, content = name) {
      const path = join(source, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return entryOf(source, name);
    },
    async putByOther(name, content) {
      const ref = { container: 'c', key: `p/${name}` };
      const options = { contentType: 'x', metaData: {}, headers: {}, checksums: [] };
      const body = bytesBody(Buffer.from(content));
      const { extra } = await storage.putObject(ref, body, options, { signal: never });
      return String(extra['etag']);
    },
    async objects() {
      const { items } = await storage.listObjects('c', 'p/', {}, { signal: never });
      const found: Record<string, string> = {};
      for (const { key } of items) {
        const chunks: Uint8Array[] = [];
        const ref = { container: 'c', key };
        for await (const chunk of await storage.readObject(ref, undefined, { signal: never }))
          chunks.push(chunk);
        found[key.slice('p/'.length)] = Buffer.concat(chunks).toString();
      }
      return found;
    },
  };
}

export function entryOf(source: string, path: string): LocalEntry {
  const stat = lstatSync(join(source, path), { bigint: true });
  const { mtimeNs, ctimeNs, ino: inode, mode, uid, gid } = stat;
  return {
    path,
    kind: 'file',
    size: Number(stat.size),
    mtimeNs,
    ctimeNs,
    inode,
    mode: Number(mode) & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
  };
}

export function sending(entry: LocalEntry, more: Partial<FileOrder> = {}): FileOrder {
  return {
    entry,
    sends: 'any',
    recorded: undefined,
    replaces: 'unknown',
    where: 'anywhere',
    ...more,
  };
}

/** `idle`: rows without an order. */
export function orderOf(files: readonly FileOrder[], idle: readonly number[] = []): BatchOrder {
  const batch = packBatch(
    files.map(({ entry }) => ({ entry, why: 'new' as const, listed: 'unknown' as const })),
  );
  return { batch, files: files.map((file, row) => (idle.includes(row) ? undefined : file)) };
}
