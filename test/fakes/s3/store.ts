import { randomBytes } from 'node:crypto';
import { S3Refusal } from './answer.js';
import { digest } from './request.js';

export interface StoredVersion {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly modifiedMs: number;
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  /** Bytes of each, of an object that was made of parts. */
  readonly partSizes?: readonly number[];
}

export interface StoredPart {
  readonly bytes: Buffer;
  readonly etag: string;
}

export interface StoredUpload {
  readonly id: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, StoredPart>;
  readonly beganAtMs: number;
}

export interface Bucket {
  readonly name: string;
  readonly createdMs: number;
  versioned: boolean;
  /** Where it was asked to be; undefined: that was not said. */
  readonly location: string | undefined;
  /** Objects may be locked: what is put must come with a digest. */
  readonly locks: boolean;
  /** Whether everything is encrypted with a KMS key, so that no ETag is an MD5. */
  encrypted: boolean;
  /** Newest version last. */
  readonly objects: Map<string, StoredVersion[]>;
  readonly uploads: Map<string, StoredUpload>;
}

export interface Store {
  readonly buckets: Map<string, Bucket>;
  bucket(name: string | undefined): Bucket;
  /** The newest version, unless it is a delete marker. */
  object(bucket: Bucket, key: string, versionId?: string): StoredVersion;
  find(bucket: Bucket, key: string): StoredVersion | undefined;
  /** In UTF-8 byte order. */
  keys(bucket: Bucket): readonly string[];
  add(
    bucket: Bucket,
    key: string,
    version: Omit<StoredVersion, 'modifiedMs' | 'versionId' | 'isDeleteMarker'> & {
      isDeleteMarker?: boolean;
    },
  ): StoredVersion;
}

/** What HEAD gives back of the headers of a put. */
const KEPT =
  /^(content-type|cache-control|content-disposition|content-encoding|content-language|expires|x-amz-meta-.*|x-amz-storage-class|x-amz-server-side-encryption.*|x-amz-object-lock-.*|x-amz-tagging|x-amz-acl)$/;

export function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT.test(name)));
  // How the body came is not stored: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  const encoding = kept['content-encoding']?.replace(/^aws-chunked(,|$)/, '');
  if (encoding === '') delete kept['content-encoding'];
  else if (encoding !== undefined) kept['content-encoding'] = encoding;
  return kept;
}

export function isKeyEncrypted(bucket: Bucket, headers: Readonly<Record<string, string>>): boolean {
  return (
    bucket.encrypted ||
    headers['x-amz-server-side-encryption'] === 'aws:kms' ||
    headers['x-amz-server-side-encryption-customer-key'] !== undefined
  );
}

/** An MD5, or with a customer's key something that looks like one. */
export function etagOf(
  bucket: Bucket,
  headers: Readonly<Record<string, string>>,
  bytes: Buffer,
): string {
  return isKeyEncrypted(bucket, headers)
    ? `"${randomBytes(16).toString('hex')}"`
    : `"${digest('md5', bytes)}"`;
}

export function createStore(nowMs: () => number): Store {
  const buckets = new Map<string, Bucket>();
  let versions = 0;
  const find: Store['find'] = (bucket, key) => {
    const newest = bucket.objects.get(key)?.at(-1);
    return newest === undefined || newest.isDeleteMarker ? undefined : newest;
  };
  return {
    buckets,
    bucket(name) {
      const bucket = buckets.get(name ?? '');
      if (bucket === undefined) throw new S3Refusal(404, 'NoSuchBucket');
      return bucket;
    },
    object(bucket, key, versionId) {
      if (versionId !== undefined) {
        const version = bucket.objects.get(key)?.find((each) => each.versionId === versionId);
        if (version === undefined) throw new S3Refusal(404, 'NoSuchVersion');
        return version;
      }
      const found = find(bucket, key);
      if (found === undefined) throw new S3Refusal(404, 'NoSuchKey');
      return found;
    },
    find,
    keys: (bucket) =>
      [...bucket.objects.keys()]
        .filter((key) => find(bucket, key) !== undefined)
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    add(bucket, key, given) {
      versions += 1;
      const version: StoredVersion = {
        isDeleteMarker: false,
        ...given,
        modifiedMs: nowMs(),
        versionId: bucket.versioned ? `v${versions}` : 'null',
      };
      const before = bucket.versioned ? (bucket.objects.get(key) ?? []) : [];
      bucket.objects.set(key, [...before, version]);
      return version;
    },
  };
}
