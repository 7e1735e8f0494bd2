import type { IncomingMessage } from 'node:http';

/** A request as the fake reads it: nothing normalised, the body whole. */
export interface FakeRequest {
  readonly method: string;
  readonly rawPath: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly container: string | undefined;
  readonly key: string | undefined;
  readonly operation: Operation;
}

export type Operation =
  | 'Authenticate'
  | 'Info'
  | 'ListContainers'
  | 'BulkDelete'
  | 'PostAccount'
  | 'PutContainer'
  | 'PostContainer'
  | 'DeleteContainer'
  | 'ListObjects'
  | 'PutObject'
  | 'PutManifest'
  | 'PutSegment'
  | 'PutMark'
  | 'CopyObject'
  | 'GetObject'
  | 'GetMark'
  | 'HeadObject'
  | 'PostObject'
  | 'DeleteObject'
  | 'Cdn'
  | 'Unknown';

export const ACCOUNT_PATH = '/v1/AUTH_fake';
export const CDN_PATH = '/cdn/AUTH_fake';

export function parseRequest(message: IncomingMessage, body: Buffer): FakeRequest {
  const [rawPath = '/', rawQuery = ''] = (message.url ?? '/').split(/\?(.*)/s, 2);
  const query = new Map<string, string>();
  for (const pair of rawQuery === '' ? [] : rawQuery.split('&')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
    query.set(decodeURIComponent(name), decodeURIComponent(value));
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    headers[name] = Array.isArray(value) ? value.join(',') : (value ?? '');
  const inCdn = rawPath.startsWith(`${CDN_PATH}/`);
  const [container, key] = rawPath
    .slice((inCdn ? CDN_PATH : ACCOUNT_PATH).length + 1)
    .split(/\/(.*)/s, 2)
    .map((part) => (part === '' ? undefined : decodeURIComponent(part)));
  const method = message.method ?? 'GET';
  const request = { method, rawPath, query, headers, body, container, key };
  return { ...request, operation: inCdn ? 'Cdn' : operationOf(request) };
}

function operationOf({
  method,
  rawPath,
  query,
  headers,
  container,
  key,
}: Omit<FakeRequest, 'operation'>): Operation {
  if (rawPath === '/info') return 'Info';
  if (!rawPath.startsWith(ACCOUNT_PATH)) return 'Authenticate';
  if (container === undefined)
    return method !== 'POST'
      ? 'ListContainers'
      : query.has('bulk-delete')
        ? 'BulkDelete'
        : 'PostAccount';
  if (key === undefined)
    return (
      (
        {
          GET: 'ListObjects',
          PUT: 'PutContainer',
          POST: 'PostContainer',
          DELETE: 'DeleteContainer',
        } as const
      )[method] ?? 'Unknown'
    );
  if (method === 'PUT') {
    if (headers['x-copy-from'] !== undefined) return 'CopyObject';
    if (query.get('multipart-manifest') === 'put') return 'PutManifest';
    if (key.startsWith('longshore/segments/')) return 'PutSegment';
    return key.startsWith('longshore/marks/') ? 'PutMark' : 'PutObject';
  }
  if (method === 'GET' && key.startsWith('longshore/marks/')) return 'GetMark';
  return (
    ({ GET: 'GetObject', HEAD: 'HeadObject', POST: 'PostObject', DELETE: 'DeleteObject' } as const)[
      method
    ] ?? 'Unknown'
  );
}
