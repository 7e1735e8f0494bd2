import type { AnswerRule, BodyRule, Protocol } from '../http/answer-rules.js';
import { B2 } from './errors.js';
import { errorIn } from './failure.js';

// What each operation answers: https://www.backblaze.com/apidocs/b2-authorize-account and the pages beside it. JSON has no
// header of B2's own, so what it holds is the proof; the content of an object has x-bz headers.

export const B2_PROTOCOL: Protocol = {
  driver: B2,
  name: 'Backblaze B2',
  isMarked(headers) {
    for (const name in headers) if (name.startsWith('x-bz-')) return true;
    return false;
  },
  isRefusal: (body) => errorIn(body) !== undefined,
};

/** A whole JSON object with these members. */
function document(...members: readonly string[]): AnswerRule {
  const body: BodyRule = ({ body }) => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(body);
    } catch {
      return 'the body is not a JSON document';
    }
    if (typeof parsed !== 'object' || parsed === null) return 'the body is not a JSON object';
    const missing = members.find((member) => !(member in parsed));
    return missing === undefined ? undefined : `no ${missing}`;
  };
  return { statuses: [200], unmarked: [200], body };
}

/** A listing may be larger than what is looked at here: its reader checks the rest. */
const listing: AnswerRule = {
  statuses: [200],
  unmarked: [200],
  body: ({ body }) => (/^\s*\{\s*"/.test(body) ? undefined : 'the body is not a JSON object'),
};

const aFile = document('fileId', 'fileName');

export const B2_ANSWERS = {
  b2_authorize_account: document('authorizationToken'),
  b2_list_buckets: listing,
  b2_create_bucket: document('bucketId', 'bucketName'),
  b2_delete_bucket: document('bucketId'),
  b2_list_file_names: listing,
  b2_list_file_versions: listing,
  b2_get_file_info: aFile,
  b2_get_upload_url: document('uploadUrl', 'authorizationToken'),
  b2_upload_file: document('fileId', 'fileName', 'contentLength', 'contentSha1'),
  b2_hide_file: aFile,
  b2_delete_file_version: aFile,
  b2_copy_file: document('fileId', 'fileName', 'contentLength'),
  b2_start_large_file: aFile,
  b2_get_upload_part_url: document('uploadUrl', 'authorizationToken'),
  b2_upload_part: document('partNumber', 'contentLength', 'contentSha1'),
  b2_copy_part: document('partNumber', 'contentLength', 'contentSha1'),
  b2_list_parts: listing,
  b2_list_unfinished_large_files: listing,
  b2_finish_large_file: document('fileId', 'fileName', 'contentLength'),
  b2_cancel_large_file: document('fileId'),
  b2_get_download_authorization: document('authorizationToken'),
  b2_download_file: { statuses: [200, 206] },
} as const satisfies Readonly<Record<string, AnswerRule>>;

export type B2Operation = keyof typeof B2_ANSWERS;
