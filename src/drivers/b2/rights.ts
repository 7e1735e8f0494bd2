import type { B2Operation } from './answers.js';
import type { Allowed } from './grant.js';

/** What a request touches, as far as rights go. */
export interface Touched {
  readonly operation: B2Operation;
  readonly container?: string | undefined;
  readonly key?: string | undefined;
  /** Of a listing. */
  readonly prefix?: string;
}

/** The capability that each operation needs: https://www.backblaze.com/docs/cloud-storage-application-key-capabilities */
const NEEDED: Readonly<Partial<Record<B2Operation, readonly string[]>>> = {
  b2_list_buckets: ['listBuckets', 'listAllBucketNames'],
  b2_create_bucket: ['writeBuckets'],
  b2_delete_bucket: ['deleteBuckets'],
  b2_list_file_names: ['listFiles'],
  b2_list_file_versions: ['listFiles'],
  b2_list_unfinished_large_files: ['listFiles'],
  b2_get_file_info: ['readFiles'],
  b2_download_file: ['readFiles'],
  b2_get_upload_url: ['writeFiles'],
  b2_hide_file: ['writeFiles'],
  b2_copy_file: ['writeFiles'],
  b2_start_large_file: ['writeFiles'],
  b2_get_upload_part_url: ['writeFiles'],
  b2_copy_part: ['writeFiles'],
  b2_list_parts: ['writeFiles'],
  b2_finish_large_file: ['writeFiles'],
  b2_cancel_large_file: ['writeFiles'],
  b2_delete_file_version: ['deleteFiles'],
  b2_get_download_authorization: ['shareFiles'],
};

/** Why a key may not do this, as its authorisation says it: then no request is sent. Undefined: it may, or the answer will tell. */
export function missingRight(
  { operation, container, key, prefix }: Touched,
  { capabilities, buckets, namePrefix }: Allowed,
): string | undefined {
  const needed = NEEDED[operation];
  if (capabilities !== undefined && needed?.some((name) => capabilities.has(name)) === false)
    return `the application key lacks the capability ${needed[0]}`;
  if (
    container !== undefined &&
    buckets?.every(({ name }) => name !== undefined && name !== container)
  )
    return `the application key is restricted to ${buckets.map(({ name }) => JSON.stringify(name)).join(', ')}`;
  const names = key ?? prefix;
  if (names !== undefined && !names.startsWith(namePrefix))
    return `the application key is restricted to names that begin with ${JSON.stringify(namePrefix)}`;
  return undefined;
}
