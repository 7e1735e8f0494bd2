import { StorageError } from '../errors.js';
import { GOOGLE } from './errors.js';
import { type Described, resourceOf } from './resource.js';
import type { GoogleSettings } from './settings.js';

/** Fields of the JSON API's description, and the XML API's headers: https://cloud.google.com/storage/docs/xml-api/reference-headers */
const HEADERS: Readonly<Record<string, string>> = {
  contentType: 'content-type',
  cacheControl: 'cache-control',
  contentEncoding: 'content-encoding',
  contentDisposition: 'content-disposition',
  contentLanguage: 'content-language',
  storageClass: 'x-goog-storage-class',
};

/** The description of an object that is made of parts. Throws StorageError for metadata that no header can have. */
export function descriptionHeaders(
  key: string,
  options: Described,
  settings: GoogleSettings,
): Record<string, string> {
  const { metadata, ...fields } = resourceOf(key, options, settings);
  const headers: Record<string, string> = {};
  for (const [field, value] of Object.entries(fields)) {
    const name = HEADERS[field];
    if (name !== undefined) headers[name] = String(value);
  }
  for (const [name, value] of Object.entries(metadata as Readonly<Record<string, string>>)) {
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || !/^[\t\x20-\x7e]*$/.test(value.trim()))
      throw new StorageError(
        `metadata "${name}" cannot be sent with an upload in parts: it is no header in ASCII; set \`uploads: resumable\``,
        { driver: GOOGLE },
      );
    headers[`x-goog-meta-${name}`] = value;
  }
  if (settings.kms_key !== undefined) headers['x-goog-encryption-kms-key-name'] = settings.kms_key;
  return headers;
}
