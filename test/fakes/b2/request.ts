import type { IncomingMessage } from 'node:http';
import { readHead } from '../http-request.js';
import type { ServiceRequest } from '../http-service.js';

export const OPERATIONS = [
  'b2_authorize_account',
  'b2_list_buckets',
  'b2_create_bucket',
  'b2_delete_bucket',
  'b2_list_file_names',
  'b2_list_file_versions',
  'b2_get_file_info',
  'b2_get_upload_url',
  'b2_hide_file',
  'b2_delete_file_version',
  'b2_copy_file',
  'b2_start_large_file',
  'b2_get_upload_part_url',
  'b2_copy_part',
  'b2_list_parts',
  'b2_list_unfinished_large_files',
  'b2_finish_large_file',
  'b2_cancel_large_file',
  'b2_get_download_authorization',
  'b2_upload_file',
  'b2_upload_part',
  'b2_download_file',
] as const;

export type Operation = (typeof OPERATIONS)[number] | 'unknown';

export interface FakeRequest extends ServiceRequest<Operation> {
  /** `v1` to `v4`. */
  readonly version: string;
  readonly container: string | undefined;
  /** Of a download by id; of an upload the bucket or the large file that its address is for. */
  readonly id: string | undefined;
}

/** The beginning of the address of an upload: `/upload/b2_upload_file/BUCKET_ID/NUMBER`. */
export const UPLOAD_PATH = '/upload';

export function parseRequest(message: IncomingMessage): FakeRequest {
  const head = readHead(message);
  const { rawPath, headers, query } = head;
  const nothing = { container: undefined, key: undefined, id: undefined, body: Buffer.alloc(0) };
  const [, version = 'v1', call] = /^\/b2api\/(v[1-4])\/(\w+)$/.exec(rawPath) ?? [];
  if (call === 'b2_download_file_by_id')
    return { ...head, ...nothing, version, operation: 'b2_download_file', id: query.get('fileId') };
  if (call !== undefined) return { ...head, ...nothing, version, operation: named(call) };
  const [, upload, id] = /^\/upload\/(\w+)\/([^/]+)\/\d+$/.exec(rawPath) ?? [];
  const name = headers['x-bz-file-name'];
  if (upload !== undefined) {
    const key = name === undefined ? undefined : decodeURIComponent(name);
    return { ...head, ...nothing, version, operation: named(upload), id, key };
  }
  const [, container, key] = /^\/file\/([^/]+)\/(.*)$/s.exec(rawPath) ?? [];
  if (container === undefined || key === undefined)
    return { ...head, ...nothing, version, operation: 'unknown' };
  const file = { container, key: decodeURIComponent(key) };
  return { ...head, ...nothing, version, operation: 'b2_download_file', ...file };
}

function named(call: string): Operation {
  return OPERATIONS.find((operation) => operation === call) ?? 'unknown';
}
