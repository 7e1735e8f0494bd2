import type { IncomingMessage } from 'node:http';
import { type RequestHead, readHead } from '../http-request.js';
import type { ServiceRequest } from '../http-service.js';

export interface FakeRequest extends ServiceRequest<Operation> {
  readonly bucket: string | undefined;
  /** Of a rewrite: where the copy goes. */
  readonly to?: { readonly bucket: string; readonly key: string };
}

export type Operation =
  | 'Identity'
  | 'ListBuckets'
  | 'CreateBucket'
  | 'GetBucket'
  | 'DeleteBucket'
  | 'ListObjects'
  | 'PutObject'
  | 'GetMetadata'
  | 'SeenGeneration'
  | 'GetObject'
  | 'PatchObject'
  | 'DeleteObject'
  | 'RewriteObject'
  | 'Batch'
  | 'BeginSession'
  | 'ContinueSession'
  | 'CancelSession'
  | 'CreateUpload'
  | 'PutPart'
  | 'ListParts'
  | 'ListUploads'
  | 'CompleteUpload'
  | 'AbortUpload'
  | 'GetSigned'
  | 'Unknown';

export function parseRequest(message: IncomingMessage): FakeRequest {
  return requestOf(readHead(message), Buffer.alloc(0));
}

/** Of a batch, too, whose calls have heads of their own. */
export function requestOf(given: RequestHead, body: Buffer): FakeRequest {
  // rclone writes a space as `+`.
  const head = { ...given, query: new Map([...new URLSearchParams(given.rawQuery)]) };
  return { ...head, body, bucket: undefined, key: undefined, ...routeOf(head) };
}

type Route = Pick<FakeRequest, 'operation'> & Partial<Pick<FakeRequest, 'bucket' | 'key' | 'to'>>;

function routeOf(head: RequestHead): Route {
  const { rawPath, method } = head;
  if (rawPath === '/batch/storage/v1') return { operation: 'Batch' };
  const json = /^\/(?:(upload|download)\/)?storage\/v1\/b(?:\/(.*))?$/s.exec(rawPath);
  if (json !== null) return jsonRoute(head, json[1], json[2] ?? '');
  if (/^\/(?:token|sts|v1\/projects|computeMetadata)(?:\/|$)/.test(rawPath) || method === 'OPTIONS')
    return { operation: 'Identity' };
  return xmlRoute(head);
}

function jsonRoute({ method, query }: RequestHead, area: string | undefined, rest: string): Route {
  const [bucket, collection, key, verb, , toBucket, , toKey] = rest
    .split('/')
    .map((part) => decodeURIComponent(part));
  if (!bucket)
    return {
      operation: ({ GET: 'ListBuckets', POST: 'CreateBucket' } as const)[method] ?? 'Unknown',
    };
  if (collection === undefined)
    return {
      operation: ({ GET: 'GetBucket', DELETE: 'DeleteBucket' } as const)[method] ?? 'Unknown',
      bucket,
    };
  if (area === 'upload')
    return { operation: uploadOperation(method, query), bucket, key: query.get('name') };
  if (key === undefined) return { operation: method === 'GET' ? 'ListObjects' : 'Unknown', bucket };
  if (verb === 'rewriteTo' && toBucket !== undefined && toKey !== undefined)
    return { operation: 'RewriteObject', bucket, key, to: { bucket: toBucket, key: toKey } };
  return { operation: objectOperation(method, query, area), bucket, key };
}

function uploadOperation(method: string, query: RequestHead['query']): Operation {
  if (query.has('upload_id')) return method === 'DELETE' ? 'CancelSession' : 'ContinueSession';
  return query.get('uploadType') === 'resumable' ? 'BeginSession' : 'PutObject';
}

function objectOperation(
  method: string,
  query: RequestHead['query'],
  area: string | undefined,
): Operation {
  if (method === 'GET' && (query.get('alt') === 'media' || area === 'download')) return 'GetObject';
  if (method === 'GET')
    return query.get('fields') === 'kind,generation' ? 'SeenGeneration' : 'GetMetadata';
  return ({ PATCH: 'PatchObject', DELETE: 'DeleteObject' } as const)[method] ?? 'Unknown';
}

function xmlRoute({ method, rawPath, query }: RequestHead): Route {
  const [bucket, key] = rawPath
    .slice(1)
    .split(/\/(.*)/s, 2)
    .map((part) => (part === '' ? undefined : decodeURIComponent(part)));
  if (key === undefined)
    return { operation: query.has('uploads') ? 'ListUploads' : 'Unknown', bucket };
  const about = { bucket, key };
  if (query.has('uploads')) return { operation: 'CreateUpload', ...about };
  if (!query.has('uploadId'))
    return { operation: method === 'GET' ? 'GetSigned' : 'Unknown', ...about };
  const operation = (
    { PUT: 'PutPart', GET: 'ListParts', POST: 'CompleteUpload', DELETE: 'AbortUpload' } as const
  )[method];
  return { operation: operation ?? 'Unknown', ...about };
}
