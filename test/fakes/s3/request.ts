import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A request as the fake reads it: nothing normalised, the body whole. */
export interface FakeRequest {
  readonly method: string;
  /** As sent. */
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly operation: Operation;
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
export function parseRequest(
  message: IncomingMessage,
  body: Buffer,
  hostBase: string,
): FakeRequest {
  const [rawPath = '/', rawQuery = ''] = (message.url ?? '/').split(/\?(.*)/s, 2);
  const query = new Map<string, string>();
  for (const pair of rawQuery === '' ? [] : rawQuery.split('&')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
    query.set(decode(name), decode(value));
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    headers[name] = Array.isArray(value) ? value.join(',') : (value ?? '');
  const host = headers['host'] ?? '';
  const inHost = host.endsWith(`.${hostBase}`) ? host.slice(0, -hostBase.length - 1) : undefined;
  const segments = rawPath.slice(1).split(/\/(.*)/s, 2);
  const bucket = inHost ?? (segments[0] ? decode(segments[0]) : undefined);
  const rawKey = inHost === undefined ? segments[1] : rawPath.slice(1);
  const key = rawKey ? decode(rawKey) : undefined;
  const method = message.method ?? 'GET';
  return {
    method,
    rawPath,
    rawQuery,
    query,
    headers,
    body,
    bucket,
    key,
    operation: operationOf(method, bucket, key, query, headers),
  };
}

function decode(text: string): string {
  return decodeURIComponent(text);
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
