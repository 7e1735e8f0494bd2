import type { IncomingMessage } from 'node:http';
import { readHead } from '../http-request.js';
import type { ServiceRequest } from '../http-service.js';

export interface FakeRequest extends ServiceRequest<Operation> {
  readonly container: string | undefined;
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

export function parseRequest(message: IncomingMessage): FakeRequest {
  const head = readHead(message);
  const inCdn = head.rawPath.startsWith(`${CDN_PATH}/`);
  const [container, key] = head.rawPath
    .slice((inCdn ? CDN_PATH : ACCOUNT_PATH).length + 1)
    .split(/\/(.*)/s, 2)
    .map((part) => (part === '' ? undefined : decodeURIComponent(part)));
  const request = { ...head, container, key, body: Buffer.alloc(0) };
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
