import type { Answer } from '../http-service.js';
import type { Fault } from './faults.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { inOrder, md5, Refusal, type StoredObject } from './store.js';

function page<T>(
  request: FakeRequest,
  names: readonly string[],
  limit: number,
  ignoreMarker: boolean,
  entry: (name: string) => T,
): T[] {
  const wanted = request.query.get('limit');
  if (wanted !== undefined && Number(wanted) > 10_000) throw new Refusal(412);
  const marker = ignoreMarker ? '' : (request.query.get('marker') ?? '');
  const prefix = request.query.get('prefix') ?? '';
  return inOrder(names)
    .filter(
      (name) =>
        name.startsWith(prefix) &&
        (marker === '' || Buffer.compare(Buffer.from(name), Buffer.from(marker)) > 0),
    )
    .slice(0, Math.min(limit, Number(wanted ?? limit)))
    .map(entry);
}

const json = (headers: Readonly<Record<string, string>>, document: unknown): Answer => ({
  status: 200,
  headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(document),
});

export function listContainers(
  request: FakeRequest,
  { store, pageLimit, accountHeaders }: FakeRules,
): Answer {
  const names = [...store.containers.keys()];
  return json(
    accountHeaders,
    page(request, names, pageLimit, false, (name) => ({
      name,
      count: store.container(name).objects.size,
      bytes: 0,
    })),
  );
}

export function listObjects(
  request: FakeRequest,
  { store, pageLimit }: FakeRules,
  ignoreMarker: boolean,
): Answer {
  const { objects, headers } = store.container(request.container);
  const described = {
    'x-container-object-count': String(objects.size),
    'x-container-bytes-used': '0',
    ...headers,
  };
  return json(
    described,
    page(request, [...objects.keys()], pageLimit, ignoreMarker, (name) =>
      entryOf(name, objects.get(name)!, store),
    ),
  );
}

function entryOf(name: string, object: StoredObject, store: FakeRules['store']) {
  const { bytes, segments, headers, modifiedMs } = object;
  return {
    name,
    bytes:
      segments === undefined ? bytes.byteLength : segments.reduce((sum, { size }) => sum + size, 0),
    hash: md5(bytes),
    content_type: headers['content-type'],
    last_modified: new Date(modifiedMs).toISOString().replace('Z', '000'),
    ...(segments !== undefined && { slo_etag: store.etag(object) }),
  };
}

export function postAccount({ headers }: FakeRequest, { accountHeaders }: FakeRules): Answer {
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('x-account-meta-')) accountHeaders[name] = value;
  return { status: 204 };
}

const KEPT = /^x-container-(meta-.*|read|write)$/;

export function putContainer(request: FakeRequest, { store }: FakeRules): Answer {
  const name = request.container!;
  if (Buffer.byteLength(name) > 256) throw new Refusal(400);
  if (store.containers.has(name)) return { status: 202 };
  const policy = request.headers['x-storage-policy'];
  store.containers.set(name, {
    objects: new Map(),
    headers: policy === undefined ? {} : { 'x-storage-policy': policy },
  });
  return { status: 201 };
}

export function postContainer(request: FakeRequest, { store }: FakeRules): Answer {
  const { headers } = store.container(request.container);
  for (const [name, value] of Object.entries(request.headers))
    if (KEPT.test(name)) headers[name] = value;
  return { status: 204 };
}

export function deleteContainer(request: FakeRequest, { store }: FakeRules): Answer {
  if (store.container(request.container).objects.size > 0) throw new Refusal(409);
  store.containers.delete(request.container!);
  return { status: 204 };
}

export function bulkDelete(
  request: FakeRequest,
  { store, hasBulkDelete }: FakeRules,
  fault: Fault | undefined,
): Answer {
  if (!hasBulkDelete) return { status: 204 };
  if (fault?.kind === 'say')
    return { status: 200, headers: { 'content-type': 'application/json' }, body: fault.answer };
  const refused = fault?.kind === 'refuse-keys' ? fault.keys : {};
  let deleted = 0;
  let missing = 0;
  const errors: [string, string][] = [];
  for (const line of request.body.toString('utf8').split('\n')) {
    if (line.length > 2 * 1282) throw new Refusal(400);
    const [container = '', key = ''] = decodeURIComponent(line.trim())
      .replace(/^\//, '')
      .split(/\/(.*)/s, 2);
    const status = refused[key];
    if (status !== undefined) errors.push([line, status]);
    else if (store.containers.get(container)?.objects.delete(key)) deleted += 1;
    else missing += 1;
  }
  const document = {
    'Response Status': errors.length > 0 ? '400 Bad Request' : '200 OK',
    'Response Body': '',
    'Number Deleted': fault?.kind === 'miscount' ? deleted - 1 : deleted,
    'Number Not Found': missing,
    Errors: errors,
  };
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `  \r\n${JSON.stringify(document)}`,
  };
}
