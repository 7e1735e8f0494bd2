import type { SourceIdentity } from '../state/ledger.js';
import { fileSystemId } from '../watcher/file-system-id.js';
import type { Source } from '../watcher/source.js';

/** What the ledger keeps of a source, to know it again. */
export function identityOf({ realRoot, device, inode }: Pick<Source, 'realRoot' | 'device' | 'inode'>): SourceIdentity {
  const fileSystemUuid = fileSystemId(realRoot, device);
  return { device: String(device), inode: String(inode), ...(fileSystemUuid !== undefined && { fileSystemUuid }) };
}

/**
 * Whether it is the same folder. The device number counts only where a file system tells no UUID: it may be another one
 * after a reboot, and another disk may have it.
 */
export function sameSource(a: SourceIdentity, b: SourceIdentity): boolean {
  if (a.inode !== b.inode) return false;
  if (a.fileSystemUuid !== undefined && b.fileSystemUuid !== undefined) return a.fileSystemUuid === b.fileSystemUuid;
  return a.device === b.device;
}
