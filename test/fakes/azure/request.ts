import type { IncomingMessage } from 'node:http';
import { readHead } from '../http-request.js';
import type { ServiceRequest } from '../http-service.js';

export const ACCOUNT = 'fakeaccount';
export const TENANT = 'fake-tenant';

export interface FakeRequest extends ServiceRequest<Operation> {
  readonly container: string | undefined;
}

export type Operation =
  | 'Token'
  | 'Imds'
  | 'AppService'
  | 'UserDelegationKey'
  | 'ServiceProperties'
  | 'ListContainers'
  | 'CreateContainer'
  | 'HeadContainer'
  | 'DeleteContainer'
  | 'ListBlobs'
  | 'ListUncommitted'
  | 'ListVersions'
  | 'Batch'
  | 'PutBlob'
  | 'PutBlock'
  | 'PutMark'
  | 'PutBlockFromUrl'
  | 'PutBlockList'
  | 'GetBlockList'
  | 'CopyBlob'
  | 'SetMetadata'
  | 'SetProperties'
  | 'SetTier'
  | 'GetBlob'
  | 'HeadBlob'
  | 'DeleteBlob'
  | 'Unknown';

export function parseRequest(message: IncomingMessage, account = ACCOUNT): FakeRequest {
  const head = readHead(message);
  const below = head.rawPath.startsWith(`/${account}/`)
    ? head.rawPath.slice(account.length + 2)
    : undefined;
  const [container, key] = (below ?? '')
    .split(/\/(.*)/s, 2)
    .map((part) => (part === '' ? undefined : decodeURIComponent(part)));
  const request = { ...head, container, key, body: Buffer.alloc(0) };
  return { ...request, operation: operationOf(request, below !== undefined) };
}

type Parsed = Omit<FakeRequest, 'operation'>;

function operationOf(request: Parsed, isInAccount: boolean): Operation {
  const { method, rawPath, query } = request;
  if (rawPath === `/${TENANT}/oauth2/v2.0/token`) return 'Token';
  if (rawPath === '/metadata/identity/oauth2/token') return 'Imds';
  if (rawPath === '/msi/token') return 'AppService';
  if (!isInAccount) return 'Unknown';
  if (request.container === undefined) {
    const comp = query.get('comp');
    if (method === 'POST' && comp === 'userdelegationkey') return 'UserDelegationKey';
    return comp === 'properties' ? 'ServiceProperties' : 'ListContainers';
  }
  return request.key === undefined ? containerOperation(request) : blobOperation(request);
}

function containerOperation({ method, query }: Parsed): Operation {
  const comp = query.get('comp');
  if (method === 'POST' && comp === 'batch') return 'Batch';
  if (method === 'GET' && comp === 'list') {
    const include = query.get('include') ?? '';
    if (include.includes('versions')) return 'ListVersions';
    return include.includes('uncommittedblobs') ? 'ListUncommitted' : 'ListBlobs';
  }
  return (
    ({ PUT: 'CreateContainer', HEAD: 'HeadContainer', DELETE: 'DeleteContainer' } as const)[
      method
    ] ?? 'Unknown'
  );
}

function blobOperation({ method, query, headers }: Parsed): Operation {
  const comp = query.get('comp');
  const copies = headers['x-ms-copy-source'] !== undefined;
  if (comp === 'block' && copies) return 'PutBlockFromUrl';
  if (comp === 'block') return isMark(query.get('blockid') ?? '') ? 'PutMark' : 'PutBlock';
  if (comp === 'blocklist') return method === 'PUT' ? 'PutBlockList' : 'GetBlockList';
  if (comp === 'metadata') return 'SetMetadata';
  if (comp === 'properties') return 'SetProperties';
  if (comp === 'tier') return 'SetTier';
  if (method === 'PUT') return copies ? 'CopyBlob' : 'PutBlob';
  return ({ GET: 'GetBlob', HEAD: 'HeadBlob', DELETE: 'DeleteBlob' } as const)[method] ?? 'Unknown';
}

/** Longshore's blocks that are no part of an object: their numbers are 0 and the highest one. */
function isMark(id: string): boolean {
  const bytes = Buffer.from(id, 'base64');
  return bytes.byteLength === 32 && [0, 0xffffffff].includes(bytes.readUInt32BE(8));
}
