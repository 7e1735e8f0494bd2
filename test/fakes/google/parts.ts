import type { Answer } from '../http-service.js';
import { xml } from './answer.js';
import { checkKey, hashHeader, refuseOtherDigest } from './objects.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { crc32cBase64, type Fields, idOf, inOrder, md5Hex, Refusal, resourceOf } from './store.js';

/** An upload in parts: https://cloud.google.com/storage/docs/multipart-uploads */
export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly described: Fields;
  readonly beganMs: number;
  readonly parts: Map<number, Buffer>;
}

const DESCRIBED: Readonly<Record<string, string>> = {
  'content-type': 'contentType',
  'cache-control': 'cacheControl',
  'content-encoding': 'contentEncoding',
  'content-disposition': 'contentDisposition',
  'content-language': 'contentLanguage',
  'x-goog-storage-class': 'storageClass',
};

function descriptionIn(headers: FakeRequest['headers']): Fields {
  const metadata: Record<string, string> = {};
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-goog-meta-')) metadata[name.slice('x-goog-meta-'.length)] = value;
    const field = DESCRIBED[name];
    if (field !== undefined) fields[field] = value;
  }
  return { ...fields, metadata };
}

export function createUpload(request: FakeRequest, rules: FakeRules): Answer {
  const { bucket = '', key, headers } = request;
  containerOf(rules, bucket);
  rules.lastUpload += 1;
  const id = `upload-${idOf(rules.lastUpload)}`;
  rules.uploads.set(id, {
    id,
    bucket,
    key: checkKey(key),
    described: descriptionIn(headers),
    beganMs: rules.nowMs(),
    parts: new Map(),
  });
  return xml(
    'InitiateMultipartUploadResult',
    `<Bucket>${bucket}</Bucket><UploadId>${id}</UploadId>`,
  );
}

/** The XML API has a code of its own for a missing bucket. */
function containerOf({ store }: FakeRules, bucket: string): void {
  if (!store.buckets.has(bucket)) throw new Refusal(404, 'NoSuchBucket');
}

function uploadOf({ query, bucket, key }: FakeRequest, rules: FakeRules): Upload {
  containerOf(rules, bucket ?? '');
  const upload = rules.uploads.get(query.get('uploadId') ?? '');
  if (upload === undefined || upload.bucket !== bucket || upload.key !== key)
    throw new Refusal(404, 'NoSuchUpload');
  return upload;
}

export function putPart(request: FakeRequest, rules: FakeRules): Answer {
  const upload = uploadOf(request, rules);
  const { query, headers, body } = request;
  const number = Number(query.get('partNumber'));
  if (!(number >= 1 && number <= 10_000)) throw new Refusal(400, 'InvalidArgument');
  const md5Hash = headers['content-md5'];
  try {
    refuseOtherDigest({ ...hashHeader(headers['x-goog-hash']), ...(md5Hash && { md5Hash }) }, body);
  } catch {
    throw new Refusal(400, 'BadDigest');
  }
  upload.parts.set(number, body);
  const md5 = md5Hex(body);
  const hash = `crc32c=${crc32cBase64(body)},md5=${Buffer.from(md5, 'hex').toString('base64')}`;
  return { status: 200, headers: { etag: `"${md5}"`, 'x-goog-hash': hash } };
}

export function listParts(request: FakeRequest, rules: FakeRules): Answer {
  const { parts } = uploadOf(request, rules);
  const after = Number(request.query.get('part-number-marker') ?? 0);
  const numbers = [...parts.keys()].sort((a, b) => a - b).filter((number) => number > after);
  const page = numbers.slice(0, rules.pageLimit);
  const listed = page.map((number) => {
    const bytes = parts.get(number)!;
    return `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${md5Hex(bytes)}&quot;</ETag><Size>${bytes.byteLength}</Size></Part>`;
  });
  return xml(
    'ListPartsResult',
    `<IsTruncated>${numbers.length > page.length}</IsTruncated><NextPartNumberMarker>${page.at(-1) ?? 0}</NextPartNumberMarker>${listed.join('')}`,
  );
}

export function listUploads({ bucket = '', query }: FakeRequest, rules: FakeRules): Answer {
  containerOf(rules, bucket);
  const prefix = query.get('prefix') ?? '';
  const after = { key: query.get('key-marker') ?? '', id: query.get('upload-id-marker') ?? '' };
  const places = [...rules.uploads.values()].filter(
    (upload) => upload.bucket === bucket && upload.key.startsWith(prefix),
  );
  const order = ({ key, id }: { key: string; id: string }) => `${key}\0${id.padStart(20, '0')}`;
  const inTurn = inOrder(places.map(order)).filter(
    (place) =>
      after.key === '' || Buffer.compare(Buffer.from(place), Buffer.from(order(after))) > 0,
  );
  const page = inTurn.slice(0, rules.pageLimit);
  const uploads = page.map((place) => places.find((each) => order(each) === place)!);
  const listed = uploads.map(
    ({ key, id, beganMs }) =>
      `<Upload><Key>${encodeURIComponent(key)}</Key><UploadId>${id}</UploadId><Initiated>${new Date(beganMs).toISOString()}</Initiated></Upload>`,
  );
  const last = uploads.at(-1);
  return xml(
    'ListMultipartUploadsResult',
    `<EncodingType>url</EncodingType><IsTruncated>${inTurn.length > page.length}</IsTruncated><NextKeyMarker>${encodeURIComponent(last?.key ?? '')}</NextKeyMarker><NextUploadIdMarker>${last?.id ?? ''}</NextUploadIdMarker>${listed.join('')}`,
  );
}

export function completeUpload(request: FakeRequest, rules: FakeRules): Answer {
  const upload = uploadOf(request, rules);
  const text = request.body.toString('utf8').replaceAll('&quot;', '"');
  const wanted = [
    ...text.matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag>/g),
  ].map(([, number, etag]) => ({ number: Number(number), etag: etag?.replace(/&quot;|"/g, '') }));
  if (wanted.length === 0) throw new Refusal(400, 'MalformedCompleteMultipartUploadRequest');
  const contents = wanted.map(({ number, etag }, at) => {
    const bytes = upload.parts.get(number);
    if (bytes === undefined || md5Hex(bytes) !== etag) throw new Refusal(400, 'InvalidPart');
    if (at > 0 && number <= (wanted[at - 1]?.number ?? 0))
      throw new Refusal(400, 'InvalidPartOrder');
    if (at < wanted.length - 1 && bytes.byteLength < rules.smallestPart)
      throw new Refusal(400, 'EntityTooSmall');
    return bytes;
  });
  const { bucket, key, described } = upload;
  const stored = rules.store.put(
    bucket,
    { key, bytes: Buffer.concat(contents), described, components: contents.length },
    { generation: undefined, metageneration: undefined },
  );
  rules.uploads.delete(upload.id);
  const headers = {
    'x-goog-generation': stored.generation,
    'x-goog-hash': `crc32c=${resourceOf(bucket, stored)['crc32c']}`,
  };
  const answer = xml(
    'CompleteMultipartUploadResult',
    `<ETag>&quot;etag-${contents.length}&quot;</ETag>`,
  );
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

export function abortUpload(request: FakeRequest, rules: FakeRules): Answer {
  rules.uploads.delete(uploadOf(request, rules).id);
  return { status: 204 };
}
