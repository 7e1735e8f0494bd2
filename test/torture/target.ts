import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../fakes/s3/faults.js';
import type { Operation } from '../fakes/s3/request.js';
import { ACCOUNT, startFakeS3 } from '../fakes/s3/server.js';
import type { StoredVersion } from '../fakes/s3/store.js';
import type { OrderedFault } from './armed/orders.js';
import { md5Of } from './journal.js';

/** What a container says of one object. */
export interface Held {
  readonly md5: string;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly permissions: number;
}

/** A target as the torture sees it: from behind, without the program. */
export interface TortureTarget {
  /** The lines of the configuration that stand under its name. */
  readonly settings: string;
  objects(): ReadonlyMap<string, Held>;
  /** Uploads in parts that were neither completed nor aborted. */
  uploads(): readonly string[];
  /** Files that are no objects and should not outlive a daemon. */
  leftovers(): readonly string[];
  /** Writes faults into the script: some of the next calls meet them. */
  script(random: () => number): void;
  /** What of the script the program is told; the rest is the server's. */
  readonly ordered: readonly OrderedFault[];
  met(id: number): void;
  readonly faultsLeft: number;
  readonly faultsMet: number;
  /** Fills the file system under the target, where it has one of its own. False: it has not. */
  fill(): boolean;
  empty(): void;
  close(): Promise<void>;
}

const CONTAINER = 'documents';

/** What longshore keeps in a container for itself: its lease, its trash. */
export const isOwn = (name: string): boolean => name.startsWith('.longshore/');

/** `disk`: the folder of a file system that may be filled. */
export function localTarget(root: string, disk: string | undefined): TortureTarget {
  const container = join(root, CONTAINER);
  const ballast = join(disk ?? root, 'ballast');
  const seen = new Map<string, { readonly stamp: string; readonly held: Held }>();
  let ordered: OrderedFault[] = [];
  let met = 0;
  let scripted = 0;

  /** Undefined for one that goes away meanwhile. */
  function heldAt(path: string): Held | undefined {
    try {
      return heldIn(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  function entriesOf(folder: string): Dirent[] {
    try {
      return readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    }
  }

  function heldIn(path: string): Held {
    const { ino, size, mtimeNs, ctimeNs, mode } = lstatSync(path, { bigint: true });
    const stamp = `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    const known = seen.get(path);
    if (known?.stamp === stamp) return known.held;
    const held = { md5: md5Of(readFileSync(path)), mtime: Number(mtimeNs) / 1e9, permissions: Number(mode) & 0o777 };
    seen.set(path, { stamp, held });
    return held;
  }

  return {
    settings: `{ driver: local, root: ${root}, fsync: true }`,
    objects() {
      const objects = new Map<string, Held>();
      const visit = (below: string): void => {
        for (const entry of entriesOf(join(container, below))) {
          const name = below + entry.name;
          if (entry.isDirectory()) visit(`${name}/`);
          const held = entry.isFile() && !isOwn(name) ? heldAt(join(container, name)) : undefined;
          if (held) objects.set(name, held);
        }
      };
      visit('');
      return objects;
    },
    uploads: () => [],
    leftovers: () => (existsSync(join(root, '.longshore/incoming')) ? readdirSync(join(root, '.longshore/incoming')) : []),
    script(random) {
      const operations = ['putObject', 'putObject', 'deleteObjects', 'copyObject', 'headContainer'] as const;
      const kinds = ['error', 'down', 'full', 'lost', 'lie', 'stall'] as const;
      for (let count = 1 + Math.floor(random() * 4); count > 0; count -= 1) {
        const operation = operations[Math.floor(random() * operations.length)] ?? 'putObject';
        const kind = kinds[Math.floor(random() * kinds.length)] ?? 'error';
        const fits = kind !== 'lie' || operation === 'putObject' || operation === 'copyObject';
        scripted += 1;
        ordered.push({ id: scripted, operation, kind: fits ? kind : 'error' });
      }
    },
    get ordered() {
      return ordered;
    },
    met(id) {
      const before = ordered.length;
      ordered = ordered.filter((fault) => fault.id !== id);
      met += before - ordered.length;
    },
    get faultsLeft() {
      return ordered.length;
    },
    get faultsMet() {
      return met;
    },
    fill() {
      if (disk === undefined) return false;
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 8192)));
      return true;
    },
    empty: () => rmSync(ballast, { force: true }),
    close: async () => {},
  };
}

const REFUSALS: readonly Fault[] = [
  { kind: 'refuse', status: 503, code: 'SlowDown' },
  { kind: 'refuse', status: 503, code: 'SlowDown', headers: { 'retry-after': '1' } },
  { kind: 'refuse', status: 500, code: 'InternalError' },
  { kind: 'lose-answer' },
];
/** Not where a provider may take minutes, and is given them. */
const STALL: Fault = { kind: 'stall' };
const SCRIPT: readonly (readonly [Operation, readonly Fault[]])[] = [
  ['PutObject', [...REFUSALS, STALL, { kind: 'wrong-etag' }, { kind: 'reset', afterBytes: 1 }]],
  ['DeleteObjects', [...REFUSALS, STALL, { kind: 'inside', code: 'InternalError' }, { kind: 'truncate', afterBytes: 20 }]],
  ['CopyObject', [...REFUSALS, { kind: 'inside', code: 'InternalError' }]],
  ['CreateMultipartUpload', REFUSALS],
  ['UploadPart', [...REFUSALS, STALL, { kind: 'wrong-etag' }, { kind: 'reset', afterBytes: 70_000 }]],
  ['CompleteMultipartUpload', [...REFUSALS, { kind: 'inside', code: 'InternalError' }, { kind: 'wrong-etag' }]],
  ['HeadBucket', [...REFUSALS, STALL]],
];

export async function s3Target(): Promise<TortureTarget> {
  const fake = await startFakeS3({ minPartSize: 1, pageLimit: 20 });
  const seen = new WeakMap<StoredVersion, Held>();
  let scripted = 0;
  const bucket = () => fake.rules.store.buckets.get(CONTAINER);

  function heldOf(version: StoredVersion): Held {
    const known = seen.get(version);
    if (known) return known;
    const { bytes, headers } = version;
    const permissions = Number.parseInt(headers['x-amz-meta-mode'] ?? '0', 8) & 0o777;
    const held = { md5: md5Of(bytes), mtime: Number(headers['x-amz-meta-mtime']), permissions };
    seen.set(version, held);
    return held;
  }

  return {
    settings: `{ driver: s3, profile: aws, region: us-east-1, host: ${fake.host}, port: ${fake.port}, secure: false, key: ${ACCOUNT.accessKey}, secret: ${ACCOUNT.secret}, timeout: 8s, multipart_threshold: 1MiB }`,
    objects() {
      const found = bucket();
      const objects = new Map<string, Held>();
      if (!found) return objects;
      for (const key of fake.rules.store.keys(found)) if (!isOwn(key)) objects.set(key, heldOf(fake.rules.store.object(found, key)));
      fake.log.length = 0;
      return objects;
    },
    uploads: () => [...(bucket()?.uploads.values() ?? [])].map(({ key, parts }) => `${key} (${parts.size} parts)`),
    leftovers: () => [],
    script(random) {
      for (let count = 1 + Math.floor(random() * 4); count > 0; count -= 1) {
        const [operation, kinds] = SCRIPT[Math.floor(random() * SCRIPT.length)] ?? ['PutObject', REFUSALS];
        const fault = kinds[Math.floor(random() * kinds.length)];
        if (!fault) continue;
        fake.faults.next(operation, fault);
        scripted += 1;
      }
    },
    ordered: [],
    met: () => {},
    get faultsLeft() {
      return fake.faults.left;
    },
    get faultsMet() {
      return scripted - fake.faults.left;
    },
    fill: () => false,
    empty: () => {},
    close: () => fake.close(),
  };
}
