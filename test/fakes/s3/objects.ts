import type { Answer } from '../http-service.js';
import { escapeXml, S3Refusal, xml } from './answer.js';
import { removeObject } from './buckets.js';
import { digest, type FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { type Bucket, etagOf, keptHeaders, type StoredVersion } from './store.js';

const ALGORITHMS: Readonly<Record<string, string>> = {
  'x-amz-checksum-sha256': 'sha256',
  'x-amz-checksum-sha1': 'sha1',
};

/** Refuses a body that is not what its digests say. */
export function checkDigests(
  { headers, body }: FakeRequest,
  { locks }: Bucket,
  crc32c: (bytes: Uint8Array) => number,
): void {
  const md5 = headers['content-md5'];
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html: "required for any request to upload an object with a retention period"
  if (
    locks &&
    md5 === undefined &&
    !Object.keys(headers).some((name) => name.startsWith('x-amz-checksum-'))
  )
    throw new S3Refusal(400, 'InvalidRequest');
  if (md5 !== undefined && Buffer.from(md5, 'base64').byteLength !== 16)
    throw new S3Refusal(400, 'InvalidDigest');
  if (md5 !== undefined && md5 !== digest('md5', body, 'base64'))
    throw new S3Refusal(400, 'BadDigest');
  for (const [header, algorithm] of Object.entries(ALGORITHMS)) {
    if (headers[header] !== undefined && headers[header] !== digest(algorithm, body, 'base64'))
      throw new S3Refusal(400, 'BadDigest');
  }
  const given = headers['x-amz-checksum-crc32c'];
  if (given === undefined) return;
  const own = Buffer.alloc(4);
  own.writeUInt32BE(crc32c(body));
  if (given !== own.toString('base64')) throw new S3Refusal(400, 'BadDigest');
}

/** How a store takes the conditions of a write. */
export type ConditionDialect =
  /** AWS: the ETag with or without quotes. */
  | 'either'
  /** The ETag with quotes only: without them 412. */
  | 'quoted'
  /** Ceph: the ETag without quotes only, byte for byte. */
  | 'bare'
  /** R2: without quotes it is malformed. */
  | 'quoted or 400'
  /** Every condition is answered so, whatever is there. */
  | { readonly refusesAll: readonly [status: number, code: string] };

export function checkCondition(
  { headers }: FakeRequest,
  existing: StoredVersion | undefined,
  dialect: ConditionDialect,
): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match === undefined && noneMatch === undefined) return;
  if (typeof dialect === 'object') throw new S3Refusal(...dialect.refusesAll);
  if (noneMatch === '*' && existing !== undefined) throw new S3Refusal(412, 'PreconditionFailed');
  if (match === undefined) return;
  if (existing === undefined) throw new S3Refusal(404, 'NoSuchKey');
  const isQuoted = match.startsWith('"');
  if (dialect === 'quoted or 400' && !isQuoted) throw new S3Refusal(400, 'InvalidRequest');
  const bare = existing.etag.replaceAll('"', '');
  const accepted = {
    either: [bare, existing.etag],
    quoted: [existing.etag],
    'quoted or 400': [existing.etag],
    bare: [bare],
  }[dialect];
  if (!accepted.includes(match)) throw new S3Refusal(412, 'PreconditionFailed');
}

export function checkCustomerKey(
  request: FakeRequest,
  stored: Pick<StoredVersion, 'headers'>,
  prefix = 'x-amz-server-side-encryption-customer-',
): void {
  const wanted = stored.headers['x-amz-server-side-encryption-customer-key'];
  if (wanted !== request.headers[`${prefix}key`]) throw new S3Refusal(400, 'InvalidRequest');
}

function versionHeader(bucket: Bucket, { versionId }: StoredVersion): Record<string, string> {
  return bucket.versioned ? { 'x-amz-version-id': versionId } : {};
}

/** What an answer says of the encryption, but never the key. */
export function encryptionHeaders(
  bucket: Bucket,
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  const described = Object.entries(headers).filter(
    ([name]) => name.startsWith('x-amz-server-side-encryption') && !name.endsWith('customer-key'),
  );
  return {
    ...(bucket.encrypted && { 'x-amz-server-side-encryption': 'aws:kms' }),
    ...Object.fromEntries(described),
  };
}

export function putObject(request: FakeRequest, { store, crc32c, conditions }: FakeRules): Answer {
  const bucket = store.bucket(request.bucket);
  checkDigests(request, bucket, crc32c);
  checkCondition(request, store.find(bucket, request.key!), conditions);
  const etag = etagOf(bucket, request.headers, request.body);
  const version = store.add(bucket, request.key!, {
    bytes: request.body,
    etag,
    headers: keptHeaders(request.headers),
  });
  return {
    status: 200,
    headers: {
      etag,
      ...versionHeader(bucket, version),
      ...encryptionHeaders(bucket, version.headers),
    },
  };
}

export function getObject(request: FakeRequest, { store }: FakeRules): Answer {
  const bucket = store.bucket(request.bucket);
  const version = store.object(bucket, request.key!, request.query.get('versionId'));
  checkCustomerKey(request, version);
  const { bytes } = version;
  const headers: Record<string, string> = {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(
      Object.entries(version.headers).filter(([name]) => !name.startsWith('x-amz-server-side')),
    ),
    ...encryptionHeaders(bucket, version.headers),
    ...versionHeader(bucket, version),
    etag: version.etag,
    'last-modified': new Date(version.modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
  };
  const part = partOf(version, request.query.get('partNumber'));
  if (part !== undefined)
    return {
      status: 206,
      headers: { ...headers, ...part.headers },
      body: bytes.subarray(part.start, part.end),
    };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers['range'] ?? '');
  if (range === null) return { status: 200, headers, body: bytes };
  const start = Number(range[1]);
  if (start >= bytes.byteLength) throw new S3Refusal(416, 'InvalidRange');
  const end = range[2] === '' ? bytes.byteLength : Math.min(Number(range[2]) + 1, bytes.byteLength);
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${start}-${end - 1}/${bytes.byteLength}` },
    body: bytes.subarray(start, end),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html, partNumber. */
function partOf({ partSizes = [] }: StoredVersion, wanted: string | undefined) {
  if (wanted === undefined) return undefined;
  const size = partSizes[Number(wanted) - 1];
  if (size === undefined) throw new S3Refusal(416, 'InvalidPartNumber');
  const start = partSizes.slice(0, Number(wanted) - 1).reduce((sum, each) => sum + each, 0);
  return {
    start,
    end: start + size,
    headers: { 'x-amz-mp-parts-count': String(partSizes.length) },
  };
}

export function deleteObject(request: FakeRequest, { store }: FakeRules): Answer {
  const bucket = store.bucket(request.bucket);
  const versionId = request.query.get('versionId');
  const versions = bucket.objects.get(request.key!);
  if (versionId === undefined) removeObject(bucket, request.key!, store);
  else if (versions !== undefined) {
    const left = versions.filter((each) => each.versionId !== versionId);
    if (left.length === 0) bucket.objects.delete(request.key!);
    else bucket.objects.set(request.key!, left);
  }
  return { status: 204 };
}

/** The version that a copy's headers name. */
export function copySource(request: FakeRequest, { store }: FakeRules): StoredVersion {
  const [bucket = '', key = ''] = (request.headers['x-amz-copy-source'] ?? '')
    .replace(/^\//, '')
    .split(/\/(.*)/s, 2);
  const source = store.object(store.bucket(decodeURIComponent(bucket)), decodeURIComponent(key));
  const match = request.headers['x-amz-copy-source-if-match'];
  if (match !== undefined && match !== source.etag) throw new S3Refusal(412, 'PreconditionFailed');
  checkCustomerKey(request, source, 'x-amz-copy-source-server-side-encryption-customer-');
  return source;
}

export function copyObject(request: FakeRequest, rules: FakeRules): Answer {
  const { store } = rules;
  const bucket = store.bucket(request.bucket);
  const source = copySource(request, rules);
  if (source.bytes.byteLength > rules.maxCopySize) throw new S3Refusal(400, 'InvalidRequest');
  const replaced = request.headers['x-amz-metadata-directive'] === 'REPLACE';
  const own = keptHeaders(request.headers);
  const isMetadata = (name: string) => !name.startsWith('x-amz-') || name.startsWith('x-amz-meta-');
  const headers = replaced
    ? own
    : {
        ...Object.fromEntries(Object.entries(source.headers).filter(([name]) => isMetadata(name))),
        ...Object.fromEntries(Object.entries(own).filter(([name]) => !isMetadata(name))),
      };
  const etag = etagOf(bucket, request.headers, source.bytes);
  const version = store.add(bucket, request.key!, { bytes: source.bytes, etag, headers });
  const body = xml(
    'CopyObjectResult',
    `<ETag>${escapeXml(etag)}</ETag><LastModified>${new Date(version.modifiedMs).toISOString()}</LastModified>`,
  );
  return {
    status: 200,
    headers: { ...versionHeader(bucket, version), ...encryptionHeaders(bucket, headers) },
    body,
  };
}
