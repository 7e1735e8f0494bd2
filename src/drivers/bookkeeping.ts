import type { PutOptions } from './call.js';

/**
 * How longshore puts what it keeps for itself in a container and soon replaces or deletes: the lease, the index snapshot, and
 * objects that come and go. Locked, each version of them would be kept, and paid for, until its retention ends. In an archive
 * class none could be read when it is needed, and in most other classes each is paid for a month or more.
 */
export function bookkeepingPut(contentType = 'application/octet-stream'): PutOptions {
  return { contentType, metaData: {}, headers: {}, checksums: [], bookkeeping: true };
}
