import type { IncomingMessage } from 'node:http';
import { errorXml } from '../fakes/s3/answer.js';
import { parseRequest, type Operation as S3Operation } from '../fakes/s3/request.js';

/** What a request wants, whichever API it is in. */
export type Operation =
  | 'authenticate'
  | 'put'
  | 'begin parts'
  | 'part'
  | 'complete parts'
  | 'copy'
  | 'head'
  | 'get'
  | 'delete'
  | 'delete together'
  | 'list'
  | 'container'
  | 'other';

export interface Asked {
  readonly operation: Operation;
  readonly key: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The drivers that speak HTTP. */
export type DriverName = 's3' | 'swift' | 'azure_blobs' | 'google_storage' | 'backblaze_b2';

/** What a proxy has to know of an API. */
export interface Dialect {
  readonly driver: DriverName;
  /** `body`: as far as `asksInBody` has it read. */
  read(message: IncomingMessage, body?: Buffer): Asked;
  /** Whether the body says what is asked for, and has to be read first. Default: the head says all. */
  asksInBody?(message: IncomingMessage): boolean;
  /** Learns from an answer what later requests are about. */
  learn?(asked: Asked, answer: Answer): void;
  /** False: each delete is a request of its own. */
  readonly deletesTogether?: false;
  /** An error as the service words it; `code` is S3's. */
  refusal(status: number, code: string, headers?: Readonly<Record<string, string>>): Answer;
  /** Status 200, and an error all the same. */
  errorInside(operation: Operation): Answer;
  /** What the service says of credentials that have ended. */
  readonly expired: Answer;
  /** The answer with the hash of some other content. */
  wrongHash(answer: Answer): Answer;
}

const WRONG_MD5 = '00000000000000000000000000000000';

function withWrongEtag({ status, headers, body }: Answer, text: string): Answer {
  const { etag: _, ...others } = headers;
  return {
    status,
    headers: headers['etag'] === undefined ? others : { ...others, etag: `"${WRONG_MD5}"` },
    body: body.length > 0 ? Buffer.from(text) : body,
  };
}

const S3_OPERATIONS: Readonly<Partial<Record<S3Operation, Operation>>> = {
  PutObject: 'put',
  CreateMultipartUpload: 'begin parts',
  UploadPart: 'part',
  CompleteMultipartUpload: 'complete parts',
  CopyObject: 'copy',
  HeadObject: 'head',
  GetObject: 'get',
  DeleteObject: 'delete',
  DeleteObjects: 'delete together',
  ListObjects: 'list',
  HeadBucket: 'container',
  CreateBucket: 'container',
};

export const s3Dialect: Dialect = {
  driver: 's3',
  read(message) {
    const { operation, key } = parseRequest(message, '');
    return { operation: S3_OPERATIONS[operation] ?? 'other', key };
  },
  refusal: s3Refusal,
  errorInside: () => ({ ...s3Refusal(200, 'InternalError'), status: 200 }),
  expired: s3Refusal(400, 'ExpiredToken'),
  wrongHash: (answer) =>
    withWrongEtag(
      answer,
      answer.body.toString().replace(/(<ETag>(?:&quot;|")?)[0-9a-f]{32}/g, `$1${WRONG_MD5}`),
    ),
};

function s3Refusal(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/xml', ...headers },
    body: Buffer.from(errorXml(code)),
  };
}

/** Without it an answer would be taken for that of another web server. */
const OF_SWIFT = { 'x-trans-id': 'tx-of-the-proxy' };

/** The path below an account: `/v1/AUTH_test/…`, of Ceph `/swift/v1/AUTH_test/…`. */
const SWIFT_ACCOUNT = /^(?:\/swift)?\/v1\/[^/]+\/?(.*)$/s;

export const swiftDialect: Dialect = {
  driver: 'swift',
  read: ({ method = '', url = '', headers }) => {
    const [path = '', query = ''] = url.split(/\?(.*)/s, 2);
    const inAccount = SWIFT_ACCOUNT.exec(path)?.[1];
    if (inAccount === undefined) return { operation: 'authenticate', key: undefined };
    const [container, key] = inAccount.split(/\/(.*)/s, 2).map((part) => decodeURIComponent(part));
    return {
      operation: swiftOperation(method, new URLSearchParams(query), container, key, headers),
      key,
    };
  },
  refusal: swiftRefusal,
  errorInside: (operation) =>
    operation === 'delete together'
      ? json({
          'Number Deleted': 0,
          'Number Not Found': 0,
          'Response Status': '500 Internal Error',
          'Response Body': '',
          Errors: [],
        })
      : { status: 202, headers: OF_SWIFT, body: Buffer.from('not created') },
  expired: swiftRefusal(401),
  wrongHash: (answer) => withWrongEtag(answer, answer.body.toString()),
};

function swiftOperation(
  method: string,
  query: URLSearchParams,
  container: string | undefined,
  key: string | undefined,
  headers: IncomingMessage['headers'],
): Operation {
  if (container === undefined || container === '')
    return query.has('bulk-delete') ? 'delete together' : 'other';
  // What the driver keeps beside the objects is of interest only where it is a part, or the mark that parts begin.
  if (key === undefined)
    return container.endsWith('_segments') ? 'other' : method === 'GET' ? 'list' : 'container';
  if (method === 'PUT' && key.startsWith('longshore/segments/')) return 'part';
  if (method === 'PUT' && /^longshore\/marks\/.*\/open$/s.test(key)) return 'begin parts';
  if (key.startsWith('longshore/')) return 'other';
  if (method === 'PUT' && headers['x-copy-from'] !== undefined) return 'copy';
  if (method === 'PUT') return query.get('multipart-manifest') === 'put' ? 'complete parts' : 'put';
  // What an object is made of, and not its content.
  if (query.get('multipart-manifest') === 'get') return 'other';
  return ({ GET: 'get', HEAD: 'head', DELETE: 'delete' } as const)[method] ?? 'other';
}

function swiftRefusal(
  status: number,
  code = '',
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { ...OF_SWIFT, 'content-type': 'text/html', ...headers },
    body: Buffer.from(`<html><h1>${status}</h1><p>${code}</p></html>`),
  };
}

function json(document: unknown): Answer {
  return {
    status: 200,
    headers: { ...OF_SWIFT, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(document)),
  };
}
