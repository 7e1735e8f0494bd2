import type { Answer } from '../http-service.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { md5, Refusal, type Segment, type StoredObject } from './store.js';

const KEPT =
  /^(content-type|content-encoding|content-disposition|content-language|cache-control|expires|x-delete-at|x-object-meta-.*|x-object-manifest)$/;

/** WSGI knows no difference between `-` and `_`. */
function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => KEPT.test(name));
  for (const [name, value] of kept) {
    if (name.startsWith('x-object-meta-') && (Buffer.byteLength(value) > 256 || name.includes('_')))
      throw new Refusal(400);
  }
  return { 'content-type': 'application/octet-stream', ...Object.fromEntries(kept) };
}

function store(
  request: FakeRequest,
  { store: { container }, nowMs }: FakeRules,
  object: Omit<StoredObject, 'modifiedMs'>,
): StoredObject {
  const key = request.key!;
  if (key.includes('\0')) throw new Refusal(412);
  if (Buffer.byteLength(key) > 1024) throw new Refusal(400);
  const stored = { ...object, modifiedMs: nowMs() };
  container(request.container).objects.set(key, stored);
  return stored;
}

export function putObject(request: FakeRequest, rules: FakeRules): Answer {
  rules.store.container(request.container);
  if (request.body.byteLength > rules.maxFileSize) throw new Refusal(413);
  const etag = md5(request.body);
  if (request.headers['etag'] !== undefined && request.headers['etag'].replaceAll('"', '') !== etag)
    throw new Refusal(422);
  store(request, rules, {
    bytes: request.body,
    headers: keptHeaders(request.headers),
    segments: undefined,
  });
  return { status: 201, headers: { etag } };
}

export function putManifest(request: FakeRequest, rules: FakeRules): Answer {
  rules.store.container(request.container);
  const entries = JSON.parse(request.body.toString('utf8')) as {
    path: string;
    etag: string;
    size_bytes: number;
  }[];
  if (entries.length === 0 || entries.length > 1000) throw new Refusal(400);
  const segments = entries.map(({ path, etag, size_bytes: size }): Segment => {
    const [container = '', key = ''] = path.slice(1).split(/\/(.*)/s, 2);
    const found = rules.store.containers.get(container)?.objects.get(key);
    if (
      found === undefined ||
      md5(found.bytes) !== etag ||
      found.bytes.byteLength !== size ||
      size < 1
    )
      throw new Refusal(400);
    return { container, key, etag, size };
  });
  const etag = `"${md5(segments.map((segment) => segment.etag).join(''))}"`;
  if (request.headers['etag'] !== undefined && `"${request.headers['etag']}"` !== etag)
    throw new Refusal(422);
  store(request, rules, { bytes: request.body, headers: keptHeaders(request.headers), segments });
  return { status: 201, headers: { etag } };
}

export function copyObject(request: FakeRequest, rules: FakeRules): Answer {
  rules.store.container(request.container);
  const [container = '', key = ''] = decodeURIComponent(request.headers['x-copy-from'] ?? '')
    .slice(1)
    .split(/\/(.*)/s, 2);
  const source = rules.store.object(container, key);
  const match = request.headers['if-match']?.replaceAll('"', '');
  if (match !== undefined && match !== rules.store.etag(source).replaceAll('"', ''))
    throw new Refusal(412);
  const [start, end] = rangeOf(request.headers['range']) ?? [0, undefined];
  const bytes = rules.store.content(source).subarray(start, end);
  if (bytes.byteLength > rules.maxFileSize) throw new Refusal(413);
  const { 'x-object-manifest': _, ...described } = source.headers;
  const fresh = keptHeaders(request.headers);
  const kept =
    request.headers['x-fresh-metadata'] === 'true'
      ? { ...pick(described, 'content-type'), ...fresh }
      : { ...fresh, ...described };
  store(request, rules, { bytes, headers: kept, segments: undefined });
  return {
    status: 201,
    headers: {
      etag: md5(bytes),
      'x-copied-from': [container, ...key.split('/')].map(encodeURIComponent).join('/'),
    },
  };
}

function pick(headers: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return headers[name] === undefined ? {} : { [name]: headers[name] };
}

export function getObject(request: FakeRequest, rules: FakeRules): Answer {
  const object = rules.store.object(request.container, request.key);
  const large = object.segments === undefined ? {} : { 'x-static-large-object': 'True' };
  const described = {
    ...object.headers,
    ...large,
    etag: rules.store.etag(object),
    'x-timestamp': (object.modifiedMs / 1000).toFixed(5),
    'last-modified': new Date(object.modifiedMs).toUTCString(),
  };
  if (object.segments !== undefined && request.query.get('multipart-manifest') === 'get') {
    const entries = object.segments.map(({ container, key, etag, size }) => ({
      name: `/${container}/${key}`,
      hash: etag,
      bytes: size,
    }));
    return {
      status: 200,
      headers: { ...described, 'content-type': 'application/json' },
      body: JSON.stringify(entries),
    };
  }
  const content = rules.store.content(object);
  const range = rangeOf(request.headers['range']);
  if (range === undefined) return { status: 200, headers: described, body: content };
  if (range[0] >= content.byteLength) return { status: 416, headers: described };
  const body = content.subarray(range[0], range[1]);
  return {
    status: 206,
    headers: {
      ...described,
      'content-range': `bytes ${range[0]}-${range[0] + body.byteLength - 1}/${content.byteLength}`,
    },
    body,
  };
}

function rangeOf(header: string | undefined): readonly [number, number | undefined] | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  return match === null
    ? undefined
    : [Number(match[1]), match[2] === '' ? undefined : Number(match[2]) + 1];
}

/** All metadata is replaced; a dynamic manifest that is not said again is gone. */
export function postObject(request: FakeRequest, rules: FakeRules): Answer {
  const object = rules.store.object(request.container, request.key);
  const headers = { ...pick(object.headers, 'content-type'), ...keptHeaders(request.headers) };
  rules.store.container(request.container).objects.set(request.key!, { ...object, headers });
  return { status: 202 };
}

export function deleteObject(request: FakeRequest, rules: FakeRules): Answer {
  rules.store.object(request.container, request.key);
  rules.store.container(request.container).objects.delete(request.key!);
  return { status: 204 };
}
