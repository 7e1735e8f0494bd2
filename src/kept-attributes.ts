import { statfsSync } from 'node:fs';
import type { MirrorConfig } from './config/config.js';
import { attributeCalls } from './extended-attributes.js';
import type { Logger } from './log.js';
import type { KeptAttributes } from './sync/file-attributes.js';

/** Which extended attributes the objects of a mirror have, as its `metadata` says. */
export function keptAttributes({
  metadata,
}: Pick<MirrorConfig, 'metadata'>): Required<KeptAttributes> {
  return { xattr: metadata.includes('xattr'), acl: metadata.includes('acl') };
}

/** File systems without extended attributes, by their types in statfs(2): FAT, exFAT, ramfs. Others may refuse to list them. */
const WITHOUT: ReadonlySet<number> = new Set([0x4d44, 0x2011bab0, 0x858458f6]);

/**
 * Those that are read of each file; undefined: none. Logs where the source's file system has none.
 * @throws AttributesUnavailableError where this machine cannot read them
 */
export function attributesToRead(
  { name, source, metadata }: Pick<MirrorConfig, 'name' | 'source' | 'metadata'>,
  log: Pick<Logger, 'warn'>,
): KeptAttributes | undefined {
  const kept = keptAttributes({ metadata });
  if (!kept.xattr && !kept.acl) return undefined;
  if (!canHold(source)) log.warn('no extended attributes here', { mirror: name, source });
  return kept;
}

/** A source that is missing is another matter. */
function canHold(source: string): boolean {
  const { list } = attributeCalls();
  try {
    list(`${source}/.`);
    return !WITHOUT.has(statfsSync(source).type);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ENOTSUP' && code !== 'EOPNOTSUPP';
  }
}
