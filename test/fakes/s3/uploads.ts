import { randomUUID } from 'node:crypto';
import type { Answer } from '../http-service.js';
import { escapeXml, listed, S3Refusal, xml } from './answer.js';
import {
  checkCondition,
  checkCustomerKey,
  checkDigests,
  copySource,
  encryptionHeaders,
} from './objects.js';
import { digest, type FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { type Bucket, etagOf, isKeyEncrypted, keptHeaders, type StoredUpload } from './store.js';

export function createUpload(request: FakeRequest, { store, nowMs }: FakeRules): Answer {
  const bucket = store.bucket(request.bucket);
  const id = randomUUID();
  bucket.uploads.set(id, {
    id,
    key: request.key!,
    headers: keptHeaders(request.headers),
    parts: new Map(),
    beganAtMs: nowMs(),
  });
  const content = `<Bucket>${bucket.name}</Bucket><Key>${escapeXml(request.key!)}</Key><UploadId>${id}</UploadId>`;
  return { status: 200, body: xml('InitiateMultipartUploadResult', content) };
}

function uploadOf(request: FakeRequest, bucket: Bucket): StoredUpload {
  const upload = bucket.uploads.get(request.query.get('uploadId') ?? '');
  if (upload === undefined || upload.key !== request.key) throw new S3Refusal(404, 'NoSuchUpload');
  return upload;
}

export function uploadPart(request: FakeRequest, { store, crc32c }: FakeRules): Answer {
  const bucket = store.bucket(request.bucket);
  const upload = uploadOf(request, bucket);
  checkDigests(request, bucket, crc32c);
  checkCustomerKey(request, upload);
  const etag = etagOf(bucket, upload.headers, request.body);
  upload.parts.set(Number(request.query.get('partNumber')), { bytes: request.body, etag });
  return { status: 200, headers: { etag, ...encryptionHeaders(bucket, upload.headers) } };
}

export function uploadPartCopy(request: FakeRequest, rules: FakeRules): Answer {
  const bucket = rules.store.bucket(request.bucket);
  const upload = uploadOf(request, bucket);
  const source = copySource(request, rules);
  checkCustomerKey(request, upload);
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers['x-amz-copy-source-range'] ?? '');
  const bytes =
    range === null ? source.bytes : source.bytes.subarray(Number(range[1]), Number(range[2]) + 1);
  const etag = etagOf(bucket, upload.headers, bytes);
  upload.parts.set(Number(request.query.get('partNumber')), { bytes, etag });
  return { status: 200, body: xml('CopyPartResult', `<ETag>${escapeXml(etag)}</ETag>`) };
}

export function listParts(request: FakeRequest, { store, pageLimit }: FakeRules): Answer {
  const upload = uploadOf(request, store.bucket(request.bucket));
  const after = Number(request.query.get('part-number-marker') ?? 0);
  const all = [...upload.parts.entries()]
    .sort(([a], [b]) => a - b)
    .filter(([number]) => number > after);
  const page = all.slice(0, pageLimit);
  const parts = page.map(
    ([number, { bytes, etag }]) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag><Size>${bytes.byteLength}</Size></Part>`,
  );
  const truncated = page.length < all.length;
  const next = truncated ? `<NextPartNumberMarker>${page.at(-1)![0]}</NextPartNumberMarker>` : '';
  return {
    status: 200,
    body: xml('ListPartsResult', `<IsTruncated>${truncated}</IsTruncated>${next}${parts.join('')}`),
  };
}

export function completeUpload(
  request: FakeRequest,
  { store, minPartSize, conditions }: FakeRules,
): Answer {
  const bucket = store.bucket(request.bucket);
  const upload = uploadOf(request, bucket);
  checkCondition(request, store.find(bucket, upload.key), conditions);
  const named = [...request.body.toString('utf8').matchAll(/<Part>.*?<\/Part>/gs)].map(
    ([part]) => ({
      number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
      etag: /<ETag>(.*?)<\/ETag>/.exec(part)?.[1]?.replaceAll('&quot;', '"'),
    }),
  );
  const parts = named.map(({ number, etag }, i) => {
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== etag) throw new S3Refusal(400, 'InvalidPart');
    if (i > 0 && number <= named[i - 1]!.number) throw new S3Refusal(400, 'InvalidPartOrder');
    if (i < named.length - 1 && part.bytes.byteLength < minPartSize)
      throw new S3Refusal(400, 'EntityTooSmall');
    return part;
  });
  if (parts.length === 0) throw new S3Refusal(400, 'MalformedXML');
  const digests = Buffer.concat(
    parts.map(({ bytes, etag }) =>
      isKeyEncrypted(bucket, upload.headers)
        ? Buffer.from(etag)
        : Buffer.from(digest('md5', bytes), 'hex'),
    ),
  );
  const etag = `"${digest('md5', digests)}-${parts.length}"`;
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  const partSizes = parts.map((part) => part.bytes.byteLength);
  const version = store.add(bucket, upload.key, {
    bytes,
    etag,
    headers: upload.headers,
    partSizes,
  });
  bucket.uploads.delete(upload.id);
  const headers = {
    ...(bucket.versioned && { 'x-amz-version-id': version.versionId }),
    ...encryptionHeaders(bucket, upload.headers),
  };
  return {
    status: 200,
    headers,
    body: xml(
      'CompleteMultipartUploadResult',
      `<Key>${escapeXml(upload.key)}</Key><ETag>${escapeXml(etag)}</ETag>`,
    ),
  };
}

export function abortUpload(request: FakeRequest, { store }: FakeRules): Answer {
  const bucket = store.bucket(request.bucket);
  bucket.uploads.delete(uploadOf(request, bucket).id);
  return { status: 204 };
}

export function listUploads(
  request: FakeRequest,
  { store, pageLimit, listsAsCeph }: FakeRules,
): Answer {
  const bucket = store.bucket(request.bucket);
  const encoded = request.query.get('encoding-type') === 'url';
  const prefix = request.query.get('prefix') ?? '';
  const place = (upload: StoredUpload) => `${upload.key}\0${upload.id}`;
  const marker = request.query.get('key-marker');
  const after =
    marker === undefined ? '' : `${marker}\0${request.query.get('upload-id-marker') ?? ''}`;
  const all = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => (place(a) < place(b) ? -1 : 1))
    .filter((upload) => place(upload) > after);
  const page = all.slice(0, pageLimit);
  const truncated = page.length < all.length;
  const last = page.at(-1);
  const next =
    truncated && last
      ? `<NextKeyMarker>${listed(last.key, encoded && !listsAsCeph)}</NextKeyMarker><NextUploadIdMarker>${last.id}</NextUploadIdMarker>`
      : '';
  const items = page.map(({ key, id, beganAtMs }) => {
    const initiated = `<Initiated>${new Date(beganAtMs).toISOString()}</Initiated>`;
    return `<Upload><Key>${listed(key, encoded)}</Key><UploadId>${id}</UploadId>${initiated}</Upload>`;
  });
  const encoding = encoded && !listsAsCeph ? '<EncodingType>url</EncodingType>' : '';
  return {
    status: 200,
    body: xml(
      'ListMultipartUploadsResult',
      `<IsTruncated>${truncated}</IsTruncated>${encoding}${next}${items.join('')}`,
    ),
  };
}
