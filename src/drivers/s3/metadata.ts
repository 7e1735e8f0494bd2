export const METADATA_PREFIX = 'x-amz-meta-';

const TOKEN = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/** Whether a metadata key can be part of a header's name. */
export function isMetadataKey(key: string): boolean {
  return TOKEN.test(key);
}
