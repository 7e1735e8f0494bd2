import { isWellFormed } from '../../utf8-order.js';
import { StorageError } from '../errors.js';
import { utf8FromLatin1 } from '../http/metadata-headers.js';
import { SWIFT } from './errors.js';

// User metadata travels in headers. What is not plain ASCII is percent-encoded UTF-8, which OpenStack's own client
// decodes when it shows metadata (swiftclient/client.py, parse_header_string).

export const METADATA_PREFIX = 'x-object-meta-';

/** HTTP's characters for names, without `_`: Swift reads headers through WSGI, which makes `-` of it. */
const KEY = /^[a-z0-9!#$%&'*+.^`|~-]+$/;
/** Printable ASCII without `%`, and without blanks at the ends or side by side. */
const PLAIN = /^(?:[\x21-\x24\x26-\x7e]+(?: [\x21-\x24\x26-\x7e]+)*)?$/;

/** Headers for metadata with keys in any case. Throws StorageError for a key or value that would not come back unchanged. */
export function metadataHeaders(
  metaData: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(metaData)) {
    const name = key.toLowerCase();
    if (!KEY.test(name)) {
      throw new StorageError(
        `metadata key "${key}" cannot be stored: Swift takes ASCII letters, digits and "-", and no "_"`,
        {
          driver: SWIFT,
        },
      );
    }
    headers[METADATA_PREFIX + name] = encodeValue(key, value);
  }
  return headers;
}

function encodeValue(key: string, value: string): string {
  if (PLAIN.test(value)) return value;
  if (!isWellFormed(value))
    throw new StorageError(`the value of metadata key "${key}" has no UTF-8 form`, {
      driver: SWIFT,
    });
  return value.replace(/[^\x21-\x24\x26-\x7e]/gu, encodeURIComponent);
}

export function decodeMetadataValue(value: string): string {
  const text = utf8FromLatin1(value);
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded; // not UTF-8, so it was not encoded
    }
  });
}
