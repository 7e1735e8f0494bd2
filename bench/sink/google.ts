import {
  base64Of,
  countPut,
  hexOf,
  md5Of,
  nextNumber,
  OWN_OBJECTS,
  QUESTIONS,
  question,
  type SinkApi,
  sizeOf,
} from './api.js';
import type { Answer, Head, Request } from './http.js';
import { find, type Kept, keep, namesOf, type Part, remove } from './objects.js';
import { contentAnswer, json, plain, xml } from './text.js';

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly mtime: string | undefined;
  readonly parts: Map<number, Part>;
}

/** In parts by the XML API, and sessions that can be resumed. */
const uploads = new Map<string, Upload>();

export const GOOGLE_SINK: SinkApi = {
  promisedDigest: ({ headers }) => hexOf(headers.get('content-md5')),
  contentBytes: (head) => (head.method === 'PUT' || goesOn(head) ? head.length : 0),
  wantsContent: (head) => head.method === 'POST' && head.bucket === 'upload' && !goesOn(head),
  answer,
};

/** A piece of a session: rclone sends them by POST. */
const goesOn = ({ query }: Head) => query.has('upload_id');

const MARKS = 'x-guploader-uploadid: bench\r\n';

/** Of the JSON API: `/storage/v1/b/BUCKET/o/KEY`, with `/upload` before it for what brings content. */
function placeIn(path: string): { bucket: string; isObjects: boolean; key: string } {
  const [, bucket = '', objects, key = ''] = /v1\/b\/([^/]+)(\/o)?(?:\/(.*))?$/s.exec(path) ?? [];
  return { bucket, isObjects: objects !== undefined, key };
}

function answer(request: Request): Answer {
  const { bucket, key } = request;
  if (bucket === QUESTIONS) return question(key);
  if (bucket === 'upload') return goesOn(request) ? goOn(request) : upload(request);
  return bucket === 'storage' ? ofJsonApi(request) : ofXmlApi(request);
}

function ofJsonApi({ method, key: path, query }: Request): Answer {
  const { bucket, isObjects, key } = placeIn(path);
  if (!isObjects) return json({ kind: 'storage#bucket', name: bucket || 'bench' }, 200, MARKS);
  if (key === '') return json(listing(bucket, query), 200, MARKS);
  const kept = find(bucket, key);
  if (kept === undefined) return refusal(404, 'notFound');
  if (method === 'DELETE') {
    remove(bucket, key);
    return plain(204, MARKS);
  }
  if (query.get('alt') !== 'media') return json(resource(bucket, key, kept), 200, MARKS);
  if (kept.content === undefined) return refusal(501, 'notImplemented');
  return contentAnswer(`${MARKS}x-goog-generation: ${kept.etag}\r\n`, kept.content);
}

/** Description and content in one request, or the begin of a session. */
function upload({ key: path, query, headers, content }: Request): string {
  const { bucket } = placeIn(path);
  if (query.get('uploadType') === 'resumable') {
    const described = content.length === 0 ? {} : JSON.parse(content.toString());
    const key = query.get('name') ?? described.name;
    const id = `session-${nextNumber()}`;
    uploads.set(id, { bucket, key, mtime: described.metadata?.mtime, parts: new Map() });
    const at = `http://${headers.get('host')}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&upload_id=${id}`;
    return plain(200, `${MARKS}Location: ${at}\r\n`);
  }
  const { described, media } = related(headers.get('content-type') ?? '', content);
  const key = query.get('name') ?? String(described['name']);
  const kept = find(bucket, key);
  const wanted = query.get('ifGenerationMatch');
  if (wanted !== null && wanted !== (kept?.etag ?? '0')) return refusal(412, 'conditionNotMet');
  const digest = md5Of(media);
  const promised = hexOf(described['md5Hash'] as string | undefined);
  if ((promised ?? digest) !== digest) return refusal(400, 'invalid');
  countPut(key);
  return stored(bucket, key, {
    mtime: (described['metadata'] as Record<string, string> | undefined)?.['mtime'],
    parts: [{ size: media.length, digest }],
    ...(key.startsWith(OWN_OBJECTS) && { content: Buffer.from(media) }),
  });
}

/** The two parts of `multipart/related`. */
function related(
  type: string,
  body: Buffer,
): { described: Record<string, unknown>; media: Buffer } {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1] ?? '';
  const edge = Buffer.from(`\r\n--${boundary}`);
  const first = body.indexOf('\r\n\r\n') + 4;
  const second = body.indexOf(edge, first);
  const begin = body.indexOf('\r\n\r\n', second + edge.length) + 4;
  return {
    described: JSON.parse(body.toString('utf8', first, second)) as Record<string, unknown>,
    media: body.subarray(begin, body.lastIndexOf(edge)),
  };
}

function stored(
  bucket: string,
  key: string,
  made: Pick<Kept, 'mtime' | 'parts' | 'content'>,
): string {
  const kept = { ...made, size: sizeOf(made.parts), etag: String(nextNumber()) };
  keep(bucket, key, kept);
  return json(resource(bucket, key, kept), 200, MARKS);
}

/** A chunk of a session. */
function goOn({ query, headers, length, digest }: Request): string {
  const id = query.get('upload_id') ?? '';
  const session = uploads.get(id);
  if (session === undefined) return refusal(404, 'notFound');
  const [, total = '*'] = /\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (length > 0) {
    countPut(session.key);
    session.parts.set(session.parts.size + 1, { size: length, digest });
  }
  const parts = [...session.parts.values()];
  const there = sizeOf(parts);
  if (String(there) !== total) {
    const range = `${MARKS}Range: bytes=0-${there - 1}\r\n`;
    return headers.has('x-guploader-no-308')
      ? plain(200, `${range}X-Http-Status-Code-Override: 308\r\n`)
      : plain(308, range);
  }
  uploads.delete(id);
  return stored(session.bucket, session.key, { mtime: session.mtime, parts });
}

function ofXmlApi(request: Request): string {
  const { method, bucket, key, query, headers, length, digest } = request;
  if (key === '')
    return xml(
      200,
      '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>',
      MARKS,
    );
  if (query.has('uploads')) {
    const id = `upload-${nextNumber()}`;
    uploads.set(id, { bucket, key, mtime: headers.get('x-goog-meta-mtime'), parts: new Map() });
    return xml(
      200,
      `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      MARKS,
    );
  }
  const id = query.get('uploadId') ?? '';
  const begun = uploads.get(id);
  if (begun === undefined) return xml(404, '<Error><Code>NoSuchUpload</Code></Error>', MARKS);
  if (method === 'PUT') {
    countPut(key);
    begun.parts.set(Number(query.get('partNumber')), { size: length, digest });
    return plain(200, `${MARKS}ETag: "${digest}"\r\n`);
  }
  uploads.delete(id);
  const parts = [...begun.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  stored(bucket, key, { mtime: begun.mtime, parts });
  return xml(
    200,
    '<CompleteMultipartUploadResult><ETag>"etag"</ETag></CompleteMultipartUploadResult>',
    `${MARKS}x-goog-generation: ${find(bucket, key)?.etag}\r\n`,
  );
}

/** An object in parts has no MD5. */
function resource(bucket: string, name: string, { size, etag, mtime, parts }: Kept): object {
  const [only] = parts;
  return {
    kind: 'storage#object',
    name,
    bucket,
    size: String(size),
    generation: etag,
    metageneration: '1',
    contentType: 'application/octet-stream',
    updated: '2026-01-01T00:00:00.000Z',
    ...(parts.length === 1 && only && { md5Hash: base64Of(only.digest) }),
    ...(mtime !== undefined && { metadata: { mtime } }),
  };
}

const PAGE = 1000;

/** In pages; a token is the name that the page begins with. */
function listing(bucket: string, query: URLSearchParams): object {
  const prefix = query.get('prefix') ?? '';
  const from = query.get('pageToken') ?? query.get('startOffset') ?? '';
  const names = namesOf(bucket).filter((name) => name.startsWith(prefix) && name >= from);
  const limit = Math.min(PAGE, Number(query.get('maxResults') ?? PAGE));
  const next = names[limit];
  return {
    kind: 'storage#objects',
    items: names.slice(0, limit).map((name) => resource(bucket, name, find(bucket, name) as Kept)),
    ...(next !== undefined && { nextPageToken: next }),
  };
}

function refusal(code: number, reason: string): string {
  return json(
    { error: { code, message: reason, errors: [{ reason, domain: 'global' }] } },
    code,
    MARKS,
  );
}
