import type { Answer } from '../http-service.js';
import { escapeXml, listed, S3Refusal, xml } from './answer.js';
import type { Fault } from './faults.js';
import { digest, type FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import type { Store } from './store.js';

export function listBuckets({ store }: FakeRules): Answer {
  const buckets = [...store.buckets.values()].map(
    ({ name, createdMs }) =>
      `<Bucket><Name>${escapeXml(name)}</Name><CreationDate>${new Date(createdMs).toISOString()}</CreationDate></Bucket>`,
  );
  return {
    status: 200,
    body: xml(
      'ListAllMyBucketsResult',
      `<Owner><ID>me</ID></Owner><Buckets>${buckets.join('')}</Buckets>`,
    ),
  };
}

export function createBucket(
  { bucket: name = '', headers, body }: FakeRequest,
  { store, createsTwice, nowMs }: FakeRules,
): Answer {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
    throw new S3Refusal(400, 'InvalidBucketName');
  if (store.buckets.has(name)) {
    if (createsTwice) return { status: 200 };
    throw new S3Refusal(409, 'BucketAlreadyOwnedByYou');
  }
  store.buckets.set(name, {
    name,
    createdMs: nowMs(),
    versioned: false,
    encrypted: false,
    location: /<LocationConstraint>(.*)<\/LocationConstraint>/.exec(body.toString('utf8'))?.[1],
    locks: headers['x-amz-bucket-object-lock-enabled'] === 'true',
    objects: new Map(),
    uploads: new Map(),
  });
  return { status: 200, headers: { location: `/${name}` } };
}

export function headBucket(request: FakeRequest, { store, region }: FakeRules): Answer {
  store.bucket(request.bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': region ?? 'us-east-1' } };
}

export function deleteBucket(request: FakeRequest, { store }: FakeRules): Answer {
  const bucket = store.bucket(request.bucket);
  if (bucket.objects.size > 0) throw new S3Refusal(409, 'BucketNotEmpty');
  store.buckets.delete(bucket.name);
  return { status: 204 };
}

export function listObjects(
  request: FakeRequest,
  { store, pageLimit, listsAsCeph, ignoresStartAfter }: FakeRules,
  repeatToken: boolean,
): Answer {
  const { query } = request;
  const bucket = store.bucket(request.bucket);
  const v2 = query.get('list-type') === '2';
  const encoded = query.get('encoding-type') === 'url';
  const token = query.get('continuation-token');
  const after = v2
    ? token === undefined
      ? ignoresStartAfter
        ? ''
        : (query.get('start-after') ?? '')
      : Buffer.from(token, 'base64url').toString('utf8')
    : (query.get('marker') ?? '');
  const limit = Math.min(Number(query.get('max-keys') ?? 1000), pageLimit);
  const prefix = query.get('prefix') ?? '';
  const keys = store
    .keys(bucket)
    .filter(
      (key) =>
        startsWith(key, prefix) &&
        (after === '' || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0),
    );
  const page = keys.slice(0, limit);
  const truncated = repeatToken || keys.length > page.length;
  const next = repeatToken
    ? (token ?? after)
    : Buffer.from(page.at(-1) ?? '', 'utf8').toString('base64url');
  const contents = page.map((key) => {
    const { bytes, etag, modifiedMs, headers } = store.object(bucket, key);
    return `<Contents><Key>${listed(key, encoded)}</Key><LastModified>${new Date(modifiedMs).toISOString()}</LastModified><ETag>${escapeXml(etag)}</ETag><Size>${bytes.byteLength}</Size><StorageClass>${headers['x-amz-storage-class'] ?? 'STANDARD'}</StorageClass></Contents>`;
  });
  const rawMarker =
    listsAsCeph && truncated && !v2
      ? `<NextMarker>${escapeXml(page.at(-1) ?? '')}</NextMarker>`
      : '';
  const more =
    truncated && v2
      ? `<NextContinuationToken>${escapeXml(next)}</NextContinuationToken>`
      : rawMarker;
  const head = `<Name>${bucket.name}</Name><Prefix>${listed(prefix, encoded)}</Prefix><MaxKeys>${limit}</MaxKeys><IsTruncated>${truncated}</IsTruncated>`;
  const encoding = encoded ? '<EncodingType>url</EncodingType>' : '';
  return { status: 200, body: xml('ListBucketResult', head + encoding + more + contents.join('')) };
}

export function getVersioning(request: FakeRequest, { store }: FakeRules): Answer {
  const { versioned } = store.bucket(request.bucket);
  return {
    status: 200,
    body: xml('VersioningConfiguration', versioned ? '<Status>Enabled</Status>' : ''),
  };
}

export function listVersions(request: FakeRequest, { store, listsAsCeph }: FakeRules): Answer {
  const bucket = store.bucket(request.bucket);
  const encoded = request.query.get('encoding-type') === 'url';
  const prefix = request.query.get('prefix') ?? '';
  const all = [...bucket.objects.entries()]
    .filter(([key]) => startsWith(key, prefix))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .flatMap(([key, versions]) =>
      versions.toReversed().map((version, i) => ({ key, version, latest: i === 0 })),
    );
  const marker = request.query.get('key-marker');
  const versionMarker = request.query.get('version-id-marker');
  const start =
    marker === undefined
      ? 0
      : all.findIndex(({ key, version }) => key === marker && version.versionId === versionMarker) +
        1;
  const limit = Number(request.query.get('max-keys') ?? 1000);
  const page = all.slice(start, start + limit);
  const truncated = start + limit < all.length;
  const items = page.map(({ key, version, latest }) => {
    const tag = version.isDeleteMarker ? 'DeleteMarker' : 'Version';
    const content = version.isDeleteMarker
      ? ''
      : `<ETag>${escapeXml(version.etag)}</ETag><Size>${version.bytes.byteLength}</Size>`;
    return `<${tag}><Key>${listed(key, encoded)}</Key><VersionId>${version.versionId}</VersionId><IsLatest>${latest}</IsLatest><LastModified>${new Date(version.modifiedMs).toISOString()}</LastModified>${content}</${tag}>`;
  });
  const last = page.at(-1);
  const next =
    truncated && last
      ? `<NextKeyMarker>${listed(last.key, encoded && !listsAsCeph)}</NextKeyMarker><NextVersionIdMarker>${last.version.versionId}</NextVersionIdMarker>`
      : '';
  return {
    status: 200,
    body: xml(
      'ListVersionsResult',
      `<IsTruncated>${truncated}</IsTruncated>${encoded ? '<EncodingType>url</EncodingType>' : ''}${next}${items.join('')}`,
    ),
  };
}

export function deleteObjects(
  request: FakeRequest,
  rules: FakeRules,
  fault: Fault | undefined,
): Answer {
  const { store } = rules;
  const bucket = store.bucket(request.bucket);
  if (request.headers['content-md5'] !== digest('md5', request.body, 'base64'))
    throw new S3Refusal(400, 'BadDigest');
  const text = request.body.toString('utf8');
  const keys = [...text.matchAll(/<Object><Key>(.*?)<\/Key><\/Object>/gs)].map(([, key = '']) =>
    unescapeXml(key),
  );
  const refused = new Map(Object.entries(fault?.kind === 'refuse-keys' ? fault.keys : {}));
  const omitted = fault?.kind === 'omit-keys' ? fault.keys : [];
  const answers = keys.map((key) => {
    if (omitted.includes(key)) return '';
    const code = refused.get(key);
    if (code !== undefined)
      return `<Error><Key>${escapeXml(key)}</Key><Code>${code}</Code><Message>no</Message></Error>`;
    removeObject(bucket, key, store);
    return `<Deleted><Key>${escapeXml(key)}</Key></Deleted>`;
  });
  return { status: 200, body: xml('DeleteResult', answers.join('')) };
}

export function removeObject(bucket: ReturnType<Store['bucket']>, key: string, store: Store): void {
  if (!bucket.versioned) bucket.objects.delete(key);
  else if (store.find(bucket, key) !== undefined)
    store.add(bucket, key, { bytes: Buffer.alloc(0), etag: '', headers: {}, isDeleteMarker: true });
}

function startsWith(key: string, prefix: string): boolean {
  return Buffer.from(key).subarray(0, Buffer.byteLength(prefix)).equals(Buffer.from(prefix));
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&amp;', '&');
}
