import { createHash } from 'node:crypto';
import type { Answer, Request } from './http.js';
import { find, type Kept, keep, listing, objectsOf, type Part, remove, TIME } from './objects.js';

/** The bucket that is none: the bench asks it what arrived. */
export const QUESTIONS = '-';
/** Longshore's own small objects, the lease among them, whose content it reads back. */
export const OWN_OBJECTS = '.longshore/';

interface Upload {
  readonly parts: Map<number, Part>;
  readonly mtime: string | undefined;
}

const uploads = new Map<string, Upload>();
let nextUpload = 1;
/** Puts of objects and parts, without longshore's own. */
let puts = 0;

/** Returns the whole answer to a request. */
export function answer(request: Request): Answer {
  const { method, bucket, key, query } = request;
  if (bucket === QUESTIONS) return question(key);
  if (key === '') return method === 'GET' ? xml(200, aboutBucket(bucket, query)) : plain(200);
  const kept = find(bucket, key);
  switch (method) {
    case 'PUT':
      return put(request, kept);
    case 'POST':
      return query.has('uploads') ? begin(request) : complete(request);
    case 'DELETE':
      remove(bucket, key);
      return plain(204);
    case 'HEAD':
      return kept === undefined ? plain(404) : headersOf(kept);
    default:
      return get(kept, request.headers.get('range'));
  }
}

/** What the bench asks: `puts`, or the objects of a bucket as `[key, size, [[size, md5], ...]]`, one per line. */
function question(asked: string): string {
  if (asked === 'puts') return document(200, 'text/plain', String(puts));
  const lines = [...objectsOf(asked)]
    .filter(([key]) => !key.startsWith(OWN_OBJECTS))
    .map(([key, { size, parts }]) =>
      JSON.stringify([key, size, parts.map((part) => [part.size, part.md5])]),
    );
  return document(200, 'text/plain', lines.join('\n'));
}

function aboutBucket(bucket: string, query: URLSearchParams): string {
  if (query.has('location'))
    return '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>';
  if (query.has('versioning'))
    return '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>';
  if (query.has('uploads'))
    return '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>';
  return listing(bucket, query);
}

function put(request: Request, kept: Kept | undefined): string {
  const { bucket, key, query, length, headers, md5 } = request;
  const promised = headers.get('content-md5');
  if (promised !== undefined && Buffer.from(promised, 'base64').toString('hex') !== md5)
    return refusal(400, 'BadDigest');
  const wanted = headers.get('if-match')?.replaceAll('"', '');
  if (wanted !== undefined && wanted !== kept?.etag) return refusal(412, 'PreconditionFailed');
  if (headers.get('if-none-match') === '*' && kept !== undefined)
    return refusal(412, 'PreconditionFailed');
  const own = key.startsWith(OWN_OBJECTS);
  if (!own) puts += 1;
  const copied = headers.get('x-amz-copy-source');
  if (copied !== undefined) return copy(request, copied);
  const upload = uploads.get(query.get('uploadId') ?? '');
  const part = { size: length, md5 };
  const mtime = headers.get('x-amz-meta-mtime');
  const content = own ? { content: request.content } : {};
  if (upload === undefined)
    keep(bucket, key, { size: length, etag: md5, mtime, parts: [part], ...content });
  else upload.parts.set(Number(query.get('partNumber')), part);
  return plain(200, `ETag: "${md5}"\r\n`);
}

/** A copy, or with the object itself as its source an update of its metadata. */
function copy({ bucket, key, headers }: Request, source: string): string {
  const [from = '', ...rest] = decodeURIComponent(source.replace(/^\//, '')).split('/');
  const kept = find(from, rest.join('/'));
  if (kept === undefined) return refusal(404, 'NoSuchKey');
  keep(bucket, key, { ...kept, mtime: headers.get('x-amz-meta-mtime') ?? kept.mtime });
  return xml(
    200,
    `<CopyObjectResult><LastModified>${TIME}</LastModified><ETag>&quot;${kept.etag}&quot;</ETag></CopyObjectResult>`,
  );
}

function begin({ headers }: Request): string {
  const id = `u${nextUpload}`;
  nextUpload += 1;
  uploads.set(id, { parts: new Map(), mtime: headers.get('x-amz-meta-mtime') });
  return xml(
    200,
    `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
  );
}

function complete({ bucket, key, query }: Request): string {
  const id = query.get('uploadId') ?? '';
  const upload = uploads.get(id);
  if (upload === undefined) return refusal(404, 'NoSuchUpload');
  uploads.delete(id);
  const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  const hash = createHash('md5');
  for (const { md5 } of parts) hash.update(Buffer.from(md5, 'hex'));
  const etag = `${hash.digest('hex')}-${parts.length}`;
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  keep(bucket, key, { size, etag, mtime: upload.mtime, parts });
  return xml(
    200,
    `<CompleteMultipartUploadResult><ETag>&quot;${etag}&quot;</ETag></CompleteMultipartUploadResult>`,
  );
}

function get(kept: Kept | undefined, range: string | undefined): Answer {
  if (kept === undefined) return refusal(404, 'NoSuchKey');
  if (kept.content === undefined) return refusal(501, 'NotImplemented');
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined) return contentOf(kept.content, headersOf(kept), 0, kept.size);
  const from = Number(first);
  const to = Math.min(kept.size, last === '' ? kept.size : Number(last) + 1);
  if (from >= to) return refusal(416, 'InvalidRange');
  const where = `Content-Range: bytes ${from}-${to - 1}/${kept.size}\r\n`;
  return contentOf(kept.content, headersOf({ ...kept, size: to - from }, 206, where), from, to);
}

/** An answer in one piece where it is small. */
function contentOf(content: Buffer, headers: string, from: number, to: number): Answer {
  if (to <= content.length)
    return Buffer.concat([Buffer.from(headers), content.subarray(from, to)]);
  return piecesOf(content, headers, from, to);
}

function* piecesOf(
  content: Buffer,
  headers: string,
  from: number,
  to: number,
): Generator<string | Buffer, void> {
  yield headers;
  for (let at = from; at < to; ) {
    const begin = at % content.length;
    const piece = content.subarray(begin, Math.min(content.length, begin + to - at));
    yield piece;
    at += piece.length;
  }
}

function headersOf({ size, etag, mtime }: Kept, code = 200, fields = ''): string {
  const modified = mtime === undefined ? '' : `x-amz-meta-mtime: ${mtime}\r\n`;
  return `${status(code)}${fields}Last-Modified: ${new Date().toUTCString()}\r\nETag: "${etag}"\r\n${modified}Content-Length: ${size}\r\n\r\n`;
}

const status = (code: number) =>
  `HTTP/1.1 ${code} ${code < 300 ? 'OK' : 'Refused'}\r\nDate: ${new Date().toUTCString()}\r\n`;
const plain = (code: number, fields = '') => `${status(code)}${fields}Content-Length: 0\r\n\r\n`;
const document = (code: number, type: string, body: string) =>
  `${status(code)}Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const xml = (code: number, body: string) => document(code, 'application/xml', body);
const refusal = (code: number, name: string) => xml(code, `<Error><Code>${name}</Code></Error>`);
