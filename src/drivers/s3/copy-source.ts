import type { ObjectInfo } from '../call.js';
import { encode, encodePath } from './encode.js';

/** The source, and that it is still what was looked at. */
export function copySource({ container, key, extra }: ObjectInfo): Record<string, string> {
  const headers: Record<string, string> = { 'x-amz-copy-source': `/${encode(container)}/${encodePath(key)}` };
  if (typeof extra['etag'] === 'string') headers['x-amz-copy-source-if-match'] = extra['etag'];
  return headers;
}
