import { type Operation as GoogleOperation, parseRequest } from '../fakes/google/request.js';
import type { Answer, Dialect, Operation } from './dialect.js';

const OPERATIONS: Readonly<Partial<Record<GoogleOperation, Operation>>> = {
  Identity: 'authenticate',
  PutObject: 'put',
  CreateUpload: 'begin parts',
  PutPart: 'part',
  CompleteUpload: 'complete parts',
  BeginSession: 'begin parts',
  ContinueSession: 'part',
  RewriteObject: 'copy',
  GetMetadata: 'head',
  GetObject: 'get',
  DeleteObject: 'delete',
  Batch: 'delete together',
  ListObjects: 'list',
  GetBucket: 'container',
  CreateBucket: 'container',
};

/** Without it an answer would be taken for that of another web server. */
const OF_GOOGLE = { 'x-guploader-uploadid': 'of-the-proxy' };

export const googleDialect: Dialect = {
  driver: 'google_storage',
  read(message) {
    const { operation, key } = parseRequest(message);
    return { operation: OPERATIONS[operation] ?? 'other', key };
  },
  refusal,
  errorInside: (operation) =>
    operation === 'delete together'
      ? {
          status: 200,
          headers: { ...OF_GOOGLE, 'content-type': 'multipart/mixed; boundary=b' },
          body: Buffer.from('--b--'),
        }
      : { ...refusal(500, 'internalError'), status: 200 },
  expired: refusal(401, 'authError'),
  wrongHash({ status, headers, body }) {
    const text = body
      .toString()
      .replace(/("md5Hash":")[^"]*/g, '$1AAAAAAAAAAAAAAAAAAAAAA==')
      .replace(/("crc32c":")[^"]*/g, '$1AAAAAA==');
    const isJson = /json/.test(headers['content-type'] ?? '');
    return {
      status,
      headers: {
        ...headers,
        ...(headers['etag'] !== undefined && { etag: `"${'0'.repeat(32)}"` }),
        ...(headers['x-goog-hash'] !== undefined && { 'x-goog-hash': 'crc32c=AAAAAA==' }),
      },
      body: isJson ? Buffer.from(text) : body,
    };
  },
};

function refusal(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const reason = code === '' ? 'backendError' : code;
  const error = { code: status, message: 'As scripted.', errors: [{ domain: 'global', reason }] };
  return {
    status,
    headers: { ...OF_GOOGLE, 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify({ error })),
  };
}
