import type { ObjectRef } from '../call.js';
import { ObjectDoesNotExistError } from '../errors.js';
import { encodePath } from '../http/encode.js';
import {
  contentIn,
  isEmptyRange,
  noBytes,
  type ReadVersion,
  rangeHeader,
} from '../http/read-object.js';
import type { B2Context } from './context.js';
import { B2 } from './errors.js';
import { refuseImpossible } from './names.js';

/** The content of an object, or of one of its versions; a hide marker has none. */
export function readContent({ client }: B2Context): ReadVersion {
  return async ({ container, key, etag }, range, call, versionId) => {
    call.signal.throwIfAborted();
    refuseImpossible({ container, key });
    if (isEmptyRange(range)) return noBytes();
    const wanted = rangeHeader(range);
    const about = { operation: 'b2_download_file', action: 'read', container, key } as const;
    const answer = await client.stream(
      {
        method: 'GET',
        ...about,
        download: pathOf({ container, key }, versionId),
        ...(wanted !== undefined && { headers: { range: wanted }, accept: 416 }),
      },
      call,
    );
    const { 'x-bz-file-id': id, 'x-bz-file-name': name } = answer.headers;
    if (versionId !== undefined && name !== undefined && decodedName(name) !== key) {
      for await (const _ of answer.body) break; // frees the connection
      throw new ObjectDoesNotExistError(key, { driver: B2 });
    }
    // A file's id is what `extra.etag` has: B2 sends no ETag.
    const headers = { ...answer.headers, etag: id };
    return contentIn({ ...answer, headers }, { key, etag, range: wanted, driver: B2 });
  };
}

export function pathOf({ container, key }: ObjectRef, versionId?: string): string {
  return versionId === undefined
    ? `/file/${container}/${encodePath(key)}`
    : `/b2api/v4/b2_download_file_by_id?fileId=${encodeURIComponent(versionId)}`;
}

/** B2 writes `+` for a blank. */
function decodedName(name: string): string {
  return decodeURIComponent(name.replaceAll('+', '%20'));
}
