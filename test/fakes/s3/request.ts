import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readHead } from '../http-request.js';
import type { ServiceRequest } from '../http-service.js';

export interface FakeRequest extends ServiceRequest<Operation> {
  readonly bucket: string | undefined;
}

export type Operation =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'DeleteBucket'
  | 'ListObjects'
  | 'GetBucketVersioning'
  | 'ListObjectVersions'
  | 'ListMultipartUploads'
  | 'DeleteObjects'
  | 'PutObject'
  | 'CopyObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'Unknown';

/** `hostBase`: the host under which the first label of a longer Host header is a bucket. */
export function parseRequest(message: IncomingMessage, hostBase: string): FakeRequest {
  const head = readHead(message);
  const { method, rawPath, query, headers } = head;
  const host = headers['host'] ?? '';
  const inHost = host.endsWith(`.${hostBase}`) ? host.slice(0, -hostBase.length - 1) : undefined;
  const segments = rawPath.slice(1).split(/\/(.*)/s, 2);
  const bucket = inHost ?? (segments[0] ? decodeURIComponent(segments[0]) : undefined);
  const rawKey = inHost === undefined ? segments[1] : rawPath.slice(1);
  const key = rawKey ? decodeURIComponent(rawKey) : undefined;
  const operation = operationOf(method, bucket, key, query, headers);
  return { ...head, bucket, key, operation, body: Buffer.alloc(0) };
}

function operationOf(
  method: string,
  bucket: string | undefined,
  key: string | undefined,
  query: ReadonlyMap<string, string>,
  headers: Readonly<Record<string, string>>,
): Operation {
  const copied = headers['x-amz-copy-source'] !== undefined;
  if (bucket === undefined) return method === 'GET' ? 'ListBuckets' : 'Unknown';
  if (key === undefined) {
    if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
    if (method === 'GET' && query.has('versioning')) return 'GetBucketVersioning';
    if (method === 'GET' && query.has('versions')) return 'ListObjectVersions';
    if (method === 'GET' && query.has('uploads')) return 'ListMultipartUploads';
    return (
      (
        {
          GET: 'ListObjects',
          HEAD: 'HeadBucket',
          PUT: 'CreateBucket',
          DELETE: 'DeleteBucket',
        } as const
      )[method] ?? 'Unknown'
    );
  }
  if (query.has('uploadId')) {
    if (method === 'PUT') return copied ? 'UploadPartCopy' : 'UploadPart';
    return (
      (
        {
          GET: 'ListParts',
          POST: 'CompleteMultipartUpload',
          DELETE: 'AbortMultipartUpload',
        } as const
      )[method] ?? 'Unknown'
    );
  }
  if (method === 'POST' && query.has('uploads')) return 'CreateMultipartUpload';
  if (method === 'PUT') return copied ? 'CopyObject' : 'PutObject';
  return (
    ({ GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' } as const)[method] ?? 'Unknown'
  );
}

export function digest(
  algorithm: string,
  bytes: Buffer | string,
  encoding: 'hex' | 'base64' = 'hex',
): string {
  return createHash(algorithm).update(bytes).digest(encoding);
}
