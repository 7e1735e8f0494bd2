import {
  base64Of,
  countPut,
  hexOf,
  nextNumber,
  OWN_OBJECTS,
  QUESTIONS,
  question,
  type SinkApi,
  sizeOf,
} from './api.js';
import type { Answer, Head, Request } from './http.js';
import { find, type Kept, keep, namesOf, type Part, remove } from './objects.js';
import { contentAnswer, plain, status, xml } from './text.js';

/** Blocks that are not committed, by container and blob, and by their ids. */
const blocks = new Map<string, Map<string, Part>>();

export const AZURE_SINK: SinkApi = {
  promisedDigest: ({ headers }) => hexOf(headers.get('content-md5')),
  contentBytes: ({ method, length }) => (method === 'PUT' ? length : 0),
  wantsContent: (head) => head.query.get('comp') === 'blocklist' || isOwn(head),
  answer,
};

/** The path is `/ACCOUNT/CONTAINER/BLOB`. */
function placeOf({ key }: Pick<Request, 'key'>): { container: string; blob: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { container: key, blob: '' }
    : { container: key.slice(0, slash), blob: key.slice(slash + 1) };
}

const isOwn = (head: Head) => head.method === 'PUT' && placeOf(head).blob.startsWith(OWN_OBJECTS);

const MARKS = 'x-ms-request-id: bench\r\nx-ms-version: 2023-11-03\r\n';

function answer(request: Request): Answer {
  if (request.bucket === QUESTIONS) return question(request.key);
  const { container, blob } = placeOf(request);
  if (blob === '') return aboutContainer(request, container);
  const kept = find(container, blob);
  switch (request.method) {
    case 'PUT':
      return put(request, kept);
    case 'DELETE':
      remove(container, blob);
      return plain(202, MARKS);
    case 'HEAD':
      return kept === undefined ? refusal(404, 'BlobNotFound', '') : headersOf(kept);
    default:
      return get(request, kept);
  }
}

function aboutContainer({ method, query }: Request, container: string): string {
  if (query.get('comp') === 'list') return xml(200, listing(container, query), MARKS);
  const etag = 'ETag: "0x8D"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n';
  return plain(method === 'PUT' ? 201 : 200, MARKS + etag);
}

function put(request: Request, kept: Kept | undefined): string {
  const { query, headers, length, digest } = request;
  const { container, blob } = placeOf(request);
  if ((hexOf(headers.get('content-md5')) ?? digest) !== digest) return refusal(400, 'Md5Mismatch');
  const wanted = headers.get('if-match')?.replaceAll('"', '');
  if (wanted !== undefined && wanted !== kept?.etag) return refusal(412, 'ConditionNotMet');
  if (headers.get('if-none-match') === '*' && kept !== undefined)
    return refusal(409, 'BlobAlreadyExists');
  const comp = query.get('comp');
  const confirmed = `Content-MD5: ${base64Of(digest)}\r\n`;
  if (comp === 'block') {
    countPut(blob);
    const place = `${container}/${blob}`;
    const known = blocks.get(place) ?? new Map<string, Part>();
    blocks.set(place, known.set(query.get('blockid') ?? '', { size: length, digest }));
    return plain(201, MARKS + confirmed);
  }
  const etag = `0x${nextNumber()}`;
  const mtime = headers.get('x-ms-meta-mtime');
  if (comp === 'blocklist') {
    const parts = commit(`${container}/${blob}`, request.content.toString());
    keep(container, blob, { size: sizeOf(parts), etag, mtime, parts });
  } else if (comp !== null) keep(container, blob, { ...(kept as Kept), etag, mtime });
  else {
    countPut(blob);
    const content = isOwn(request) ? { content: request.content } : {};
    keep(container, blob, {
      size: length,
      etag,
      mtime,
      parts: [{ size: length, digest }],
      ...content,
    });
  }
  return plain(
    comp === null || comp === 'blocklist' ? 201 : 200,
    `${MARKS}${confirmed}${changed(etag)}`,
  );
}

/** The blocks of a list, whose others are dropped. */
function commit(place: string, list: string): readonly Part[] {
  const known = blocks.get(place);
  blocks.delete(place);
  return [...list.matchAll(/<(?:Latest|Uncommitted)>([^<]*)</g)].flatMap(
    ([, id = '']) => known?.get(id) ?? [],
  );
}

function get(request: Request, kept: Kept | undefined): Answer {
  if (request.query.get('comp') === 'blocklist')
    return xml(200, '<BlockList><CommittedBlocks/><UncommittedBlocks/></BlockList>', MARKS);
  if (kept === undefined) return refusal(404, 'BlobNotFound');
  if (kept.content === undefined) return refusal(501, 'NotImplemented');
  return contentAnswer(fieldsOf(kept), kept.content);
}

const changed = (etag: string) =>
  `ETag: "${etag}"\r\nLast-Modified: ${new Date().toUTCString()}\r\n`;

function fieldsOf({ etag, mtime, parts }: Kept): string {
  const modified = mtime === undefined ? '' : `x-ms-meta-mtime: ${mtime}\r\n`;
  const [only] = parts;
  const md5 = parts.length === 1 && only ? `Content-MD5: ${base64Of(only.digest)}\r\n` : '';
  return `${MARKS}${changed(etag)}${modified}${md5}x-ms-blob-type: BlockBlob\r\n`;
}

const headersOf = (kept: Kept) =>
  `${status(200)}${fieldsOf(kept)}Content-Length: ${kept.size}\r\n\r\n`;

function refusal(code: number, name: string, body = `<Error><Code>${name}</Code></Error>`): string {
  return xml(code, body, `${MARKS}x-ms-error-code: ${name}\r\n`);
}

const PAGE = 5000;

/** In pages; a marker is the name that the page begins with. */
function listing(container: string, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const marker = query.get('marker') ?? '';
  const names = namesOf(container).filter((name) => name.startsWith(prefix) && name >= marker);
  const limit = Math.min(PAGE, Number(query.get('maxresults') ?? PAGE));
  const blobs = names.slice(0, limit).map((name) => entry(name, find(container, name) as Kept));
  const next = names[limit];
  const end = next === undefined ? '<NextMarker />' : `<NextMarker>${next}</NextMarker>`;
  return `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="${container}"><Blobs>${blobs.join('')}</Blobs>${end}</EnumerationResults>`;
}

function entry(name: string, { size, etag, mtime, parts }: Kept): string {
  const [only] = parts;
  const md5 =
    parts.length === 1 && only ? `<Content-MD5>${base64Of(only.digest)}</Content-MD5>` : '';
  const metadata = mtime === undefined ? '' : `<Metadata><mtime>${mtime}</mtime></Metadata>`;
  return `<Blob><Name>${name}</Name><Properties><Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified><Etag>${etag}</Etag><Content-Length>${size}</Content-Length>${md5}<BlobType>BlockBlob</BlobType></Properties>${metadata}</Blob>`;
}
