import { StorageError } from '../errors.js';
import { decodeMetadataValue, encodeMetadataValue } from '../http/encoded-words.js';
import type { HttpHeaders } from '../http/exchange.js';
import { metaDataOf } from '../http/metadata-headers.js';
import { rfc3339FromSeconds, secondsFromRfc3339 } from '../metadata-time.js';
import { AZURE } from './errors.js';

/*
 * Names of metadata are identifiers of C# (letters, digits, `_`, no digit in front), compared without case. Other ones are sent
 * with each byte but letters and digits as `_` and two hex digits and `_`: `two-words` is `two_2d_words`. So is an identifier that
 * could be taken for such a name. Values are ASCII, others encoded words. `mtime` is what rclone's azureblob backend writes: RFC 3339.
 */

export const METADATA_PREFIX = 'x-ms-meta-';
const TIME_KEY = 'mtime';
const IDENTIFIER = /^[a-z_][a-z0-9_]*$/;
/** What encodeName makes, and nothing else. */
const ENCODED = /^(?:[a-z]|_[0-9a-f]{2}_)(?:[a-z0-9]|_[0-9a-f]{2}_)*$/;
const ESCAPED_BYTE = /_([0-9a-f]{2})_/g;

/** Headers for metadata with keys in any case. Throws StorageError for an empty key. */
export function metadataHeaders(
  metaData: Readonly<Record<string, string>>,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(metaData)) {
    const name = key.toLowerCase();
    if (name === '') throw new StorageError('a metadata key is empty', { driver: AZURE });
    const text = (name === TIME_KEY ? rfc3339FromSeconds(value) : undefined) ?? value;
    headers[METADATA_PREFIX + encodeName(name)] = encodeMetadataValue(text);
  }
  return headers;
}

/** The metadata in the headers of an answer, as it was given. */
export function metadataIn(headers: HttpHeaders): Record<string, string> {
  return decodeMetadata(metaDataOf(headers, METADATA_PREFIX, (value) => value));
}

/** Metadata as the service has it, with names in any case, as it was given. */
export function decodeMetadata(stored: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(stored).map(([stem, written]) => {
    const name = decodeName(stem.toLowerCase());
    const value = decodeMetadataValue(written);
    return [name, (name === TIME_KEY ? secondsFromRfc3339(value) : undefined) ?? value] as const;
  });
  return Object.fromEntries(pairs);
}

export function encodeName(name: string): string {
  if (IDENTIFIER.test(name) && !isEncoded(name)) return name;
  return [...Buffer.from(name, 'utf8')]
    .map((byte, at) => {
      const character = String.fromCharCode(byte);
      const isPlain = at === 0 ? /[a-z]/.test(character) : /[a-z0-9]/.test(character);
      return isPlain ? character : `_${byte.toString(16).padStart(2, '0')}_`;
    })
    .join('');
}

export function decodeName(name: string): string {
  if (!isEncoded(name)) return name;
  const bytes = name.replace(ESCAPED_BYTE, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function isEncoded(name: string): boolean {
  return name.includes('_') && ENCODED.test(name);
}
