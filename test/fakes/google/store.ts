import { createHash } from 'node:crypto';
import { crc32c } from '../../../src/drivers/crc32c.js';

/** Thrown by a handler: `reason` of the JSON API or `Code` of the XML API. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message = `refused: ${reason}`) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export interface StoredObject {
  readonly key: string;
  readonly bytes: Buffer;
  readonly generation: string;
  readonly metageneration: number;
  /** What the writer has said of it, as fields of the resource. */
  readonly described: Fields;
  /** Of one that was made of others there is no MD5. */
  readonly components: number | undefined;
  readonly createdMs: number;
  /** When its description was changed last. */
  readonly updatedMs: number;
  readonly deletedMs: number | undefined;
}

export interface StoredBucket {
  /** Of each name, the oldest first; at most the last one is live. */
  readonly objects: Map<string, readonly StoredObject[]>;
  readonly fields: Record<string, unknown>;
}

/** What a new object must replace: the parameters `ifGenerationMatch` and `ifMetagenerationMatch`. */
export interface Conditions {
  readonly generation: string | undefined;
  readonly metageneration: string | undefined;
}

export interface Store {
  readonly buckets: Map<string, StoredBucket>;
  bucket(name: string | undefined): StoredBucket;
  /** The live object; undefined: there is none. */
  live(bucket: string | undefined, key: string | undefined): StoredObject | undefined;
  object(bucket: string | undefined, key: string | undefined, generation?: string): StoredObject;
  put(
    bucket: string | undefined,
    made: Pick<StoredObject, 'key' | 'bytes' | 'described' | 'components'>,
    conditions: Conditions,
  ): StoredObject;
  /** Other description, same generation. */
  describe(bucket: string, object: StoredObject, described: Fields): StoredObject;
  remove(bucket: string, key: string, conditions: Conditions): void;
  removeGeneration(bucket: string, key: string, generation: string): void;
}

interface Digests {
  /** Base64 of four bytes, big-endian. */
  readonly crc32c: string;
  /** Hex. */
  readonly md5: string;
}

/** Of contents that were stored: an object is described much more often than it is written. */
const known = new WeakMap<Buffer, Digests>();

function digestsOf(bytes: Buffer): Digests {
  const found = known.get(bytes);
  if (found !== undefined) return found;
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32c(bytes));
  const md5 = createHash('md5').update(bytes).digest('hex');
  const digests = { crc32c: four.toString('base64'), md5 };
  known.set(bytes, digests);
  return digests;
}

const md5 = (bytes: Buffer) => Buffer.from(digestsOf(bytes).md5, 'hex').toString('base64');
export const crc32cBase64 = (bytes: Buffer) => digestsOf(bytes).crc32c;
export const md5Hex = (bytes: Buffer) => digestsOf(bytes).md5;

/** None is the beginning of another one. */
export const idOf = (number: number) => String(number).padStart(6, '0');

/** In UTF-8 byte order. */
export const inOrder = (names: Iterable<string>) =>
  [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** In answers, the address that the client has asked stands in its place. */
export const ORIGIN = 'http://origin-of-the-fake';

/** https://cloud.google.com/storage/docs/json_api/v1/objects#resource */
export function resourceOf(bucket: string, object: StoredObject): Fields {
  const { key, bytes, generation, metageneration, described, components } = object;
  return {
    kind: 'storage#object',
    id: `${bucket}/${key}/${generation}`,
    name: key,
    bucket,
    generation,
    metageneration: String(metageneration),
    contentType: 'application/octet-stream',
    storageClass: 'STANDARD',
    ...described,
    size: String(bytes.byteLength),
    ...(components === undefined ? { md5Hash: md5(bytes) } : { componentCount: components }),
    crc32c: crc32cBase64(bytes),
    etag: `C${generation}=`,
    mediaLink: `${ORIGIN}/download/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}?generation=${generation}&alt=media`,
    timeCreated: new Date(object.createdMs).toISOString(),
    updated: new Date(object.updatedMs).toISOString(),
    ...(object.deletedMs !== undefined && {
      timeDeleted: new Date(object.deletedMs).toISOString(),
    }),
  };
}

/** Fields of the description that a writer may set. */
const SETTABLE = new Set([
  'contentType',
  'contentEncoding',
  'contentLanguage',
  'contentDisposition',
  'cacheControl',
  'storageClass',
  'metadata',
  'temporaryHold',
  'eventBasedHold',
]);

export function settable(resource: Fields): Fields {
  return Object.fromEntries(
    Object.entries(resource).filter(([name, value]) => SETTABLE.has(name) && value !== null),
  );
}

/** `nowMs`: the service's clock. */
export function createStore(nowMs: () => number): Store {
  const buckets = new Map<string, StoredBucket>();
  let lastGeneration = 1_700_000_000_000_000n;

  function checkConditions(found: StoredObject | undefined, conditions: Conditions): void {
    const { generation, metageneration } = conditions;
    const isMet =
      (generation === undefined || generation === (found?.generation ?? '0')) &&
      (metageneration === undefined || metageneration === String(found?.metageneration));
    if (!isMet) throw new Refusal(412, 'conditionNotMet');
  }

  function refuseLocked(bucket: StoredBucket, found: StoredObject | undefined): void {
    if (found === undefined) return;
    if (found.described['temporaryHold'] === true || found.described['eventBasedHold'] === true)
      throw new Refusal(403, 'objectUnderActiveHold', 'The object is under active hold.');
    const policy = bucket.fields['retentionPolicy'] as { retentionPeriod: string } | undefined;
    if (policy !== undefined && nowMs() - found.createdMs < Number(policy.retentionPeriod) * 1000)
      throw new Refusal(403, 'retentionPolicyNotMet', 'The object is subject to retention.');
  }

  function keepsVersions({ fields }: StoredBucket): boolean {
    return (fields['versioning'] as { enabled?: boolean } | undefined)?.enabled === true;
  }

  /** What stays of the versions when the live one is replaced or deleted. */
  function without(bucket: StoredBucket, key: string): readonly StoredObject[] {
    const versions = bucket.objects.get(key) ?? [];
    if (!keepsVersions(bucket)) return [];
    return versions.map((each) => ({ ...each, deletedMs: each.deletedMs ?? nowMs() }));
  }

  const store: Store = {
    buckets,
    bucket(name) {
      const found = buckets.get(name ?? '');
      if (found === undefined)
        throw new Refusal(404, 'notFound', 'The specified bucket does not exist.');
      return found;
    },
    live(bucket, key) {
      const last = store
        .bucket(bucket)
        .objects.get(key ?? '')
        ?.at(-1);
      return last?.deletedMs === undefined ? last : undefined;
    },
    object(bucket, key, generation) {
      const found =
        generation === undefined
          ? store.live(bucket, key)
          : store
              .bucket(bucket)
              .objects.get(key ?? '')
              ?.find((each) => each.generation === generation);
      if (found === undefined)
        throw new Refusal(404, 'notFound', `No such object: ${bucket}/${key}`);
      return found;
    },
    put(name, made, conditions) {
      const bucket = store.bucket(name);
      const found = store.live(name, made.key);
      checkConditions(found, conditions);
      refuseLocked(bucket, found);
      lastGeneration += 1n;
      const stored: StoredObject = {
        ...made,
        generation: String(lastGeneration),
        metageneration: 1,
        createdMs: nowMs(),
        updatedMs: nowMs(),
        deletedMs: undefined,
      };
      bucket.objects.set(made.key, [...without(bucket, made.key), stored]);
      return stored;
    },
    describe(name, object, described) {
      const metageneration = object.metageneration + 1;
      const changed = { ...object, described, metageneration, updatedMs: nowMs() };
      const versions = store.bucket(name).objects.get(object.key) ?? [];
      store
        .bucket(name)
        .objects.set(object.key, [...versions.filter((each) => each !== object), changed]);
      return changed;
    },
    remove(name, key, conditions) {
      const bucket = store.bucket(name);
      const found = store.object(name, key);
      checkConditions(found, conditions);
      refuseLocked(bucket, found);
      const left = without(bucket, key);
      if (left.length > 0) bucket.objects.set(key, left);
      else bucket.objects.delete(key);
    },
    removeGeneration(name, key, generation) {
      const found = store.object(name, key, generation);
      const { objects } = store.bucket(name);
      const left = (objects.get(key) ?? []).filter((each) => each !== found);
      if (left.length > 0) objects.set(key, left);
      else objects.delete(key);
    },
  };
  return store;
}
