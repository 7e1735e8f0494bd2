import { createHash } from 'node:crypto';

/** Thrown by a handler. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message = 'As the fake has it') {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface StoredPart {
  readonly bytes: Buffer;
  readonly sha1: string;
}

export interface StoredFile {
  readonly id: string;
  readonly bucket: Bucket;
  readonly name: string;
  readonly action: 'upload' | 'hide' | 'start';
  readonly contentType: string;
  readonly info: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** `none` of a large file. */
  readonly sha1: string | null;
  readonly md5: string | null;
  /** As the client asked for it; undefined: as the bucket has it. */
  readonly encryption?: string | undefined;
  readonly uploadedAtMs: number;
  /** Of one that is started. */
  readonly parts: Map<number, StoredPart>;
}

export interface Bucket {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly lifecycleRules: unknown[];
  /** The newest last. */
  readonly files: StoredFile[];
}

export const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex');
export const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');

export const byName = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export interface Store {
  readonly buckets: Map<string, Bucket>;
  /** Called after each change of the versions of a name. */
  onChange: (bucket: Bucket, name: string) => void;
  bucket(id: unknown): Bucket;
  /** By id, whatever its action. */
  file(id: unknown): StoredFile | undefined;
  add(bucket: Bucket, file: Omit<StoredFile, 'id' | 'bucket' | 'uploadedAtMs'>): StoredFile;
  replace(file: StoredFile, by: StoredFile): void;
  remove(file: StoredFile): void;
  /** What a reader of the name gets; undefined: nothing, or it is hidden. */
  visible(bucket: Bucket, name: string): StoredFile | undefined;
  /** Names in order, the newest version of each first; with large files that are unfinished. */
  versions(bucket: Bucket): readonly StoredFile[];
}

export function createStore(nowMs: () => number): Store {
  const buckets = new Map<string, Bucket>();
  let added = 0;
  const store: Store = {
    buckets,
    onChange: () => {},
    bucket(id) {
      const found = [...buckets.values()].find((bucket) => bucket.id === id);
      if (found === undefined) throw new Refusal(400, 'bad_bucket_id');
      return found;
    },
    file: (id) =>
      [...buckets.values()].flatMap(({ files }) => files).find((file) => file.id === id),
    add(bucket, file) {
      added += 1;
      const id = `4_z${bucket.id}_f${String(added).padStart(12, '0')}`;
      const stored = { ...file, id, bucket, uploadedAtMs: nowMs() };
      bucket.files.push(stored);
      store.onChange(bucket, file.name);
      return stored;
    },
    /** A large file counts from when it is finished. */
    replace(file, by) {
      store.remove(file);
      file.bucket.files.push(by);
      store.onChange(file.bucket, by.name);
    },
    remove(file) {
      const { files } = file.bucket;
      files.splice(files.indexOf(file), 1);
      store.onChange(file.bucket, file.name);
    },
    visible(bucket, name) {
      const newest = bucket.files.findLast((file) => file.name === name && file.action !== 'start');
      return newest?.action === 'upload' ? newest : undefined;
    },
    versions: (bucket) => [...bucket.files].reverse().sort((a, b) => byName(a.name, b.name)),
  };
  return store;
}
