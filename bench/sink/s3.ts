import { createHash } from 'node:crypto';
import { countPut, hexOf, OWN_OBJECTS, QUESTIONS, question, type SinkApi } from './api.js';
import type { Answer, Request } from './http.js';
import { find, type Kept, keep, listing, type Part, remove, TIME } from './objects.js';
import { plain, status, xml } from './text.js';

interface Upload {
  readonly parts: Map<number, Part>;
  readonly mtime: string | undefined;
}

const uploads = new Map<string, Upload>();
let nextUpload = 1;

export const S3_SINK: SinkApi = {
  promisedDigest: ({ headers }) => hexOf(headers.get('content-md5')),
  contentBytes: ({ method, length }) => (method === 'PUT' ? length : 0),
  wantsContent: ({ method, key }) => method === 'PUT' && key.startsWith(OWN_OBJECTS),
  answer,
};

/** Returns the whole answer to a request. */
function answer(request: Request): Answer {
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
      return query.has('uploadId')
        ? partsOf(query.get('uploadId') ?? '')
        : get(kept, request.headers.get('range'));
  }
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
  const { bucket, key, query, length, headers, digest } = request;
  if ((hexOf(headers.get('content-md5')) ?? digest) !== digest) return refusal(400, 'BadDigest');
  const wanted = headers.get('if-match')?.replaceAll('"', '');
  if (wanted !== undefined && wanted !== kept?.etag) return refusal(412, 'PreconditionFailed');
  if (headers.get('if-none-match') === '*' && kept !== undefined)
    return refusal(412, 'PreconditionFailed');
  const own = key.startsWith(OWN_OBJECTS);
  countPut(key);
  const copied = headers.get('x-amz-copy-source');
  if (copied !== undefined) return copy(request, copied);
  const upload = uploads.get(query.get('uploadId') ?? '');
  const part = { size: length, digest };
  const mtime = headers.get('x-amz-meta-mtime');
  const content = own ? { content: request.content } : {};
  if (upload === undefined)
    keep(bucket, key, { size: length, etag: digest, mtime, parts: [part], ...content });
  else upload.parts.set(Number(query.get('partNumber')), part);
  return plain(200, `ETag: "${digest}"\r\n`);
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

function partsOf(id: string): string {
  const upload = uploads.get(id);
  if (upload === undefined) return refusal(404, 'NoSuchUpload');
  const parts = [...upload.parts].sort(([a], [b]) => a - b);
  const lines = parts.map(
    ([number, { size, digest }]) =>
      `<Part><PartNumber>${number}</PartNumber><Size>${size}</Size><ETag>&quot;${digest}&quot;</ETag></Part>`,
  );
  return xml(
    200,
    `<ListPartsResult><UploadId>${id}</UploadId><IsTruncated>false</IsTruncated>${lines.join('')}</ListPartsResult>`,
  );
}

function complete({ bucket, key, query }: Request): string {
  const id = query.get('uploadId') ?? '';
  const upload = uploads.get(id);
  if (upload === undefined) return refusal(404, 'NoSuchUpload');
  uploads.delete(id);
  const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  const hash = createHash('md5');
  for (const { digest } of parts) hash.update(Buffer.from(digest, 'hex'));
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

const refusal = (code: number, name: string) => xml(code, `<Error><Code>${name}</Code></Error>`);
