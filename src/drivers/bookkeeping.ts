import type { PutOptions } from './call.js';

/**
 * How longshore puts what it keeps for itself in a container and soon replaces or deletes: the lease, and objects that come
 * and go. Locked, each version of them would be kept, and paid for, until its retention ends.
 */
export function bookkeepingPut(contentType = 'application/octet-stream'): PutOptions {
  return { contentType, metaData: {}, headers: {}, checksums: [], locked: false };
}
