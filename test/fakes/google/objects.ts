import type { Answer } from '../http-service.js';
import { json } from './answer.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import {
  type Conditions,
  crc32cBase64,
  type Fields,
  md5Hex,
  Refusal,
  resourceOf,
  type StoredObject,
  settable,
} from './store.js';

export function conditionsOf({ query }: Pick<FakeRequest, 'query'>): Conditions {
  return {
    generation: query.get('ifGenerationMatch'),
    metageneration: query.get('ifMetagenerationMatch'),
  };
}

/** 400, as Google words it: the digest of what came is another. */
export function refuseOtherDigest(
  given: { readonly md5Hash?: unknown; readonly crc32c?: unknown },
  bytes: Buffer,
): void {
  const md5 = Buffer.from(md5Hex(bytes), 'hex').toString('base64');
  if (given.md5Hash !== undefined && given.md5Hash !== md5)
    throw new Refusal(
      400,
      'invalid',
      `Provided MD5 hash "${given.md5Hash}" doesn't match calculated MD5 hash "${md5}".`,
    );
  const crc = crc32cBase64(bytes);
  if (given.crc32c !== undefined && given.crc32c !== crc)
    throw new Refusal(
      400,
      'invalid',
      `Provided CRC32C "${given.crc32c}" doesn't match calculated CRC32C "${crc}".`,
    );
}

/** `x-goog-hash: crc32c=…,md5=…` */
export function hashHeader(text: string | undefined): { md5Hash?: string; crc32c?: string } {
  const [, md5Hash] = /(?:^|,)\s*md5=([^,\s]+)/.exec(text ?? '') ?? [];
  const [, crc32c] = /(?:^|,)\s*crc32c=([^,\s]+)/.exec(text ?? '') ?? [];
  return { ...(md5Hash !== undefined && { md5Hash }), ...(crc32c !== undefined && { crc32c }) };
}

/** The two parts of `multipart/related`. */
function relatedParts({ headers, body }: FakeRequest): {
  resource: Fields;
  content: Buffer;
  type: string;
} {
  const [, quoted, bare] =
    /boundary="?([^";]+)"?|boundary=(\S+)/.exec(headers['content-type'] ?? '') ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) throw new Refusal(400, 'badContent');
  const text = body.toString('latin1');
  const edge = `--${boundary}`;
  const first = text.indexOf(edge);
  const second = text.indexOf(`\r\n${edge}`, first + edge.length);
  const end = text.lastIndexOf(`\r\n${edge}--`);
  if (first < 0 || second < 0 || end < 0) throw new Refusal(400, 'badContent');
  const partOf = (from: number, to: number) => {
    const headEnd = text.indexOf('\r\n\r\n', from);
    return { head: text.slice(from, headEnd), content: body.subarray(headEnd + 4, to) };
  };
  const described = partOf(first, second);
  const media = partOf(second + 2, end);
  const [, type = 'application/octet-stream'] = /content-type:\s*(\S+)/i.exec(media.head) ?? [];
  return {
    resource: JSON.parse(described.content.toString('utf8')) as Fields,
    content: media.content,
    type,
  };
}

export function checkKey(key: unknown): string {
  if (typeof key !== 'string' || key === '' || Buffer.byteLength(key) > 1024)
    throw new Refusal(400, 'invalid', 'Invalid object name.');
  if (/[\r\n]/.test(key) || key === '.' || key === '..')
    throw new Refusal(400, 'invalid', 'Invalid object name.');
  return key;
}

export function putObject(request: FakeRequest, rules: FakeRules): Answer {
  const { query, bucket = '' } = request;
  rules.store.bucket(bucket);
  const { resource, content, type } = relatedParts(request);
  const key = checkKey(query.get('name') ?? resource['name']);
  refuseOtherDigest(resource, content);
  rules.limitWrites(bucket, key);
  const stored = rules.store.put(
    bucket,
    {
      key,
      bytes: content,
      described: { contentType: type, ...settable(resource) },
      components: undefined,
    },
    conditionsOf(request),
  );
  return json(resourceOf(bucket, stored), query.get('fields'));
}

export function getMetadata(
  { query, bucket = '', key }: FakeRequest,
  { store }: FakeRules,
): Answer {
  return json(
    resourceOf(bucket, store.object(bucket, key, query.get('generation'))),
    query.get('fields'),
  );
}

export function getObject(
  { query, headers, bucket = '', key }: FakeRequest,
  { store }: FakeRules,
): Answer {
  return contentOf(bucket, store.object(bucket, key, query.get('generation')), headers['range']);
}

export function contentOf(
  bucket: string,
  object: StoredObject,
  rangeHeader: string | undefined,
): Answer {
  const resource = resourceOf(bucket, object);
  const md5 = resource['md5Hash'] === undefined ? '' : `,md5=${resource['md5Hash']}`;
  const described: Record<string, string> = {
    'content-type': String(resource['contentType']),
    'x-goog-generation': object.generation,
    'x-goog-metageneration': String(object.metageneration),
    'x-goog-hash': `crc32c=${resource['crc32c']}${md5}`,
    'x-goog-stored-content-length': String(object.bytes.byteLength),
    etag: String(resource['etag']),
    'last-modified': new Date(object.updatedMs).toUTCString(),
  };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(rangeHeader ?? '') ?? [];
  if (from === undefined) return { status: 200, headers: described, body: object.bytes };
  const size = object.bytes.byteLength;
  if (Number(from) >= size) throw new Refusal(416, 'requestedRangeNotSatisfiable');
  const part = object.bytes.subarray(Number(from), to ? Number(to) + 1 : undefined);
  const range = `bytes ${from}-${Number(from) + part.byteLength - 1}/${size}`;
  return { status: 206, headers: { ...described, 'content-range': range }, body: part };
}

/** `null` removes a field, or a key of the metadata. */
export function patchObject(request: FakeRequest, { store }: FakeRules): Answer {
  const { query, bucket = '', key, body } = request;
  const found = store.object(bucket, key);
  const { generation, metageneration } = conditionsOf(request);
  if (generation !== undefined && generation !== found.generation)
    throw new Refusal(412, 'conditionNotMet');
  if (metageneration !== undefined && metageneration !== String(found.metageneration))
    throw new Refusal(412, 'conditionNotMet');
  const patch = JSON.parse(body.toString('utf8')) as Fields;
  const before = found.described['metadata'] as Fields | undefined;
  const metadata = { ...before, ...(patch['metadata'] as Fields | undefined) };
  const kept = Object.entries(metadata).filter(([, value]) => value !== null);
  const described = settable({
    ...found.described,
    ...patch,
    metadata: Object.fromEntries(kept),
  });
  return json(resourceOf(bucket, store.describe(bucket, found, described)), query.get('fields'));
}

export function deleteObject(request: FakeRequest, { store, limitWrites }: FakeRules): Answer {
  const { query, bucket = '', key = '' } = request;
  const generation = query.get('generation');
  if (generation === undefined) {
    store.object(bucket, key);
    limitWrites(bucket, key);
    store.remove(bucket, key, conditionsOf(request));
  } else store.removeGeneration(bucket, key, generation);
  return { status: 204 };
}

/** Copies so many bytes a call, as between locations. */
export function rewriteObject(request: FakeRequest, rules: FakeRules): Answer {
  const { query, bucket = '', key, to = { bucket: '', key: '' }, body } = request;
  const { store, rewriteBytes } = rules;
  const source = store.object(bucket, key, query.get('sourceGeneration'));
  const wanted = query.get('ifSourceGenerationMatch');
  if (wanted !== undefined && wanted !== source.generation)
    throw new Refusal(412, 'conditionNotMet');
  store.bucket(to.bucket);
  const before = Number(query.get('rewriteToken')?.replace('rewritten-', '') ?? 0);
  const copied = before + rewriteBytes;
  if (copied < source.bytes.byteLength)
    return json(
      {
        kind: 'storage#rewriteResponse',
        totalBytesRewritten: String(copied),
        objectSize: String(source.bytes.byteLength),
        done: false,
        rewriteToken: `rewritten-${copied}`,
      },
      query.get('fields'),
    );
  const given = body.byteLength === 0 ? {} : (JSON.parse(body.toString('utf8')) as Fields);
  const { storageClass: _, ...described } = source.described;
  const stored = store.put(
    to.bucket,
    {
      key: checkKey(to.key),
      bytes: source.bytes,
      described: Object.keys(given).length === 0 ? described : settable(given),
      components: source.components,
    },
    conditionsOf(request),
  );
  return json(
    {
      kind: 'storage#rewriteResponse',
      totalBytesRewritten: String(source.bytes.byteLength),
      objectSize: String(source.bytes.byteLength),
      done: true,
      resource: resourceOf(to.bucket, stored),
    },
    query.get('fields'),
  );
}
