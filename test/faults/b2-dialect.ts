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

/** Only uploads and downloads say in their head which object they are about. */
export const b2Dialect: Dialect = {
  driver: 'backblaze_b2',
  read(message) {
    const { operation, key } = parseRequest(message);
    return { operation: OPERATIONS[operation] ?? 'other', key };
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
