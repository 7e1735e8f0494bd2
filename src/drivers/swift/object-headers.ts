import type { PutOptions } from '../call.js';
import { StorageError, UnsupportedOperationError } from '../errors.js';
import { headersByPattern } from '../header-rules.js';
import { SWIFT } from './errors.js';
import { metadataHeaders } from './metadata.js';
import type { SwiftSettings } from './settings.js';

/** Headers of the protocol itself: a setting for one of these would break the request, or create another kind of object. */
const RESERVED =
  /^(content-length|host|transfer-encoding|connection|etag|x-auth-.*|x-copy-from.*|x-object-manifest|x-static-large-object|x-symlink-.*|x-timestamp)$/;

/** The headers of a request that creates an object. Conditions are refused: Swift evaluates them before the upload only, so two writers could both win. */
export function objectHeaders(
  { headers: rules }: Pick<SwiftSettings, 'headers'>,
  key: string,
  options: Pick<
    PutOptions,
    'contentType' | 'metaData' | 'headers' | 'precondition' | 'storageClass'
  >,
): Record<string, string> {
  if (options.precondition !== undefined)
    throw new UnsupportedOperationError(
      'Swift has no conditional writes that hold against other writers',
      { driver: SWIFT },
    );
  if (options.storageClass !== undefined)
    throw new UnsupportedOperationError(
      'Swift has no storage classes of objects; storage_policy is of containers',
      { driver: SWIFT },
    );
  return {
    'content-type': options.contentType,
    ...headersByPattern(rules, key),
    ...metadataHeaders(options.metaData),
    ...given(options.headers),
  };
}

function given(headers: PutOptions['headers']): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [key, value] of Object.entries(headers)) {
    const name = key.toLowerCase();
    if (
      !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) ||
      RESERVED.test(name) ||
      !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)
    )
      throw new StorageError(`header "${key}" cannot be sent with an object`, { driver: SWIFT });
    checked[name] = value;
  }
  return checked;
}
