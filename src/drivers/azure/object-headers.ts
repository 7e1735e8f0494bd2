import type { Precondition, PutOptions } from '../call.js';
import { StorageError } from '../errors.js';
import { headersByPattern, storageClassByPattern } from '../header-rules.js';
import { AZURE } from './errors.js';
import { metadataHeaders } from './metadata.js';
import type { AzureSettings } from './settings.js';
import { tierNamed } from './tiers.js';

/** What a reader gets with a blob, and the header that sets it. Azure keeps no Expires. */
const STORED_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'x-ms-blob-content-type',
  'cache-control': 'x-ms-blob-cache-control',
  'content-encoding': 'x-ms-blob-content-encoding',
  'content-language': 'x-ms-blob-content-language',
  'content-disposition': 'x-ms-blob-content-disposition',
};
/** Of Azure's own, those that say something of the object; the others are the protocol's. */
const OWN_HEADERS = new Set(['x-ms-tags', 'x-ms-encryption-scope']);

type Described = Pick<
  PutOptions,
  'contentType' | 'metaData' | 'headers' | 'storageClass' | 'bookkeeping'
>;

/** Content type, headers and metadata of a request that makes or describes a blob. Throws StorageError for what cannot be sent. */
export function descriptionHeaders(
  settings: Pick<AzureSettings, 'headers'>,
  key: string,
  options: Pick<Described, 'contentType' | 'metaData' | 'headers'>,
): Record<string, string> {
  return {
    ...contentHeaders(settings, key, options),
    ...metadataHeaders(options.metaData),
  };
}

/** The same without metadata. */
export function contentHeaders(
  { headers: rules }: Pick<AzureSettings, 'headers'>,
  key: string,
  { contentType, headers }: Pick<Described, 'contentType' | 'headers'>,
): Record<string, string> {
  return {
    'x-ms-blob-content-type': contentType,
    ...stored(headersByPattern(rules, key)),
    ...stored(headers),
  };
}

/** The tier in which a blob is made; without one it has the account's, or that of the blob that it replaces. */
export function tierHeaders(
  { storage_class: chosen, headers: rules }: Pick<AzureSettings, 'storage_class' | 'headers'>,
  key: string,
  { storageClass, bookkeeping }: Pick<Described, 'storageClass' | 'bookkeeping'>,
): Record<string, string> {
  const byRule = bookkeeping ? undefined : (storageClassByPattern(rules, key) ?? chosen);
  const tier = storageClass ?? byRule;
  return tier === undefined ? {} : { 'x-ms-access-tier': tierNamed(tier) };
}

/** https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations */
export function conditionHeaders(condition: Precondition | undefined): Record<string, string> {
  if (condition === undefined) return {};
  return 'ifAbsent' in condition ? { 'if-none-match': '*' } : { 'if-match': condition.ifMatch };
}

function stored(headers: PutOptions['headers']): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [written, value] of Object.entries(headers)) {
    const key = written.toLowerCase();
    const name = STORED_HEADERS[key] ?? (OWN_HEADERS.has(key) ? key : undefined);
    if (name === undefined || !/^[\t\x20-\x7e]*$/.test(value))
      throw new StorageError(`header "${written}" cannot be stored with an object in Azure`, {
        driver: AZURE,
      });
    checked[name] = value;
  }
  return checked;
}
