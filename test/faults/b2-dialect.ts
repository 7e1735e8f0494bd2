import { type Operation as B2Operation, parseRequest } from '../fakes/b2/request.js';
import type { Answer, Dialect, Operation } from './dialect.js';

const OPERATIONS: Readonly<Partial<Record<B2Operation, Operation>>> = {
  b2_authorize_account: 'authenticate',
  b2_upload_file: 'put',
  b2_start_large_file: 'begin parts',
  b2_upload_part: 'part',
  b2_finish_large_file: 'complete parts',
  b2_copy_file: 'copy',
  b2_download_file: 'get',
  b2_hide_file: 'delete',
  b2_list_file_names: 'list',
  b2_list_buckets: 'container',
  b2_create_bucket: 'container',
};

/** Names of large files, whose later requests have only their ids. */
const largeFiles = new Map<string, string>();

export const b2Dialect: Dialect = {
  driver: 'backblaze_b2',
  deletesTogether: false,
  asksInBody: ({ url = '' }) => url.startsWith('/b2api/'),
  read(message, body) {
    const { operation, key } = parseRequest(message);
    const asked = parametersIn(body);
    const { fileName, fileId, startFileName, prefix, maxFileCount } = asked;
    // One name alone is looked up by a listing.
    const isLookUp = operation === 'b2_list_file_names' && maxFileCount === 1;
    if (isLookUp && startFileName === prefix) return { operation: 'head', key: prefix };
    return {
      operation: OPERATIONS[operation] ?? 'other',
      key: key ?? fileName ?? largeFiles.get(fileId ?? ''),
    };
  },
  learn({ operation }, { status, body }) {
    if (operation !== 'begin parts' || status !== 200) return;
    const { fileId = '', fileName = '' } = parametersIn(body);
    largeFiles.set(fileId, fileName);
  },
  refusal,
  errorInside: () => ({ status: 200, headers: {}, body: Buffer.from('{}') }),
  expired: refusal(401, 'expired_auth_token'),
  wrongHash: (answer) => ({
    ...answer,
    body: Buffer.from(
      answer.body
        .toString()
        .replace(/"contentSha1":"[^"]*"/g, `"contentSha1":"${'0'.repeat(40)}"`)
        .replace(/"contentMd5":"[^"]*"/g, `"contentMd5":"${'0'.repeat(32)}"`),
    ),
  }),
};

interface Parameters {
  readonly fileName?: string;
  readonly fileId?: string;
  readonly startFileName?: string;
  readonly prefix?: string;
  readonly maxFileCount?: number;
}

function parametersIn(body: Buffer | undefined): Parameters {
  if (body === undefined || body.byteLength === 0) return {};
  return JSON.parse(body.toString()) as Parameters;
}

function refusal(
  status: number,
  code = 'unknown',
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify({ status, code, message: 'as scripted' })),
  };
}
