import type { ObjectInfo } from '../call.js';
import { encode, encodePath } from './encode.js';
import { md5InEtag } from './etag.js';
import type { Profile } from './profiles.js';

/** The source, and that it is still what was looked at, where the provider can tell. */
export function copySource(
  { container, key, extra }: ObjectInfo,
  { copyIfMatch }: Pick<Profile, 'copyIfMatch'>,
): Record<string, string> {
  const headers: Record<string, string> = {
    'x-amz-copy-source': `/${encode(container)}/${encodePath(key)}`,
  };
  const { etag } = extra;
  if (typeof etag === 'string' && (copyIfMatch === 'any' || md5InEtag(etag) !== undefined))
    headers['x-amz-copy-source-if-match'] = etag;
  return headers;
}
