import { createHash } from 'node:crypto';
import type { ObjectRecord } from '../state/object-index.js';
import type { FileAttributes, LocalEntry } from '../watcher/entry.js';

/** Which extended attributes the objects of a mirror have. */
export interface KeptAttributes {
  /** Those of the namespace `user.`, which belongs to programs and users. */
  readonly xattr?: boolean;
  /** POSIX ACLs: acl(5). */
  readonly acl?: boolean;
}

export interface AttributePolicy {
  readonly metadata: KeptAttributes;
}

export const USER_NAMESPACE = 'user.';
/** An ACL of a file or folder, and the one that what is made in a folder gets. */
export const ACCESS_ACL = 'system.posix_acl_access';
export const DEFAULT_ACL = 'system.posix_acl_default';

/**
 * Whether the objects of the mirror have this attribute. Those of `security.` and `trusted.` belong to the system, and are
 * never kept: what a file may do on one machine is no fact about its content.
 */
export function isKeptAttribute(name: string, { xattr, acl }: KeptAttributes): boolean {
  if (name === ACCESS_ACL || name === DEFAULT_ACL) return acl === true;
  return xattr === true && name.startsWith(USER_NAMESPACE) && name.length > USER_NAMESPACE.length;
}

/** Whether attributes are to be read before the object of this file is sent or compared. A link can have none of them. */
export function needsAttributes(
  { kind, attributes }: Pick<LocalEntry, 'kind' | 'attributes'>,
  { metadata: { xattr, acl } }: AttributePolicy,
): boolean {
  return attributes === undefined && kind !== 'symlink' && (xattr === true || acl === true);
}

/** For records: 16 hex digits; undefined where there are none. */
export function digestOfAttributes(attributes: FileAttributes = {}): string | undefined {
  const pairs = Object.entries(attributes);
  if (pairs.length === 0) return undefined;
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex').slice(0, 16);
}

/** Whether the object of a recorded file has other attributes than the file. Those that were not read count as the same. */
export function hasOtherAttributes(
  { attributes }: Pick<LocalEntry, 'attributes'>,
  known: Pick<ObjectRecord, 'attributesDigest'>,
): boolean {
  return attributes !== undefined && digestOfAttributes(attributes) !== known.attributesDigest;
}
