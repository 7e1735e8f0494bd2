/*
 * The value of a POSIX ACL's extended attribute (Linux: include/uapi/linux/posix_acl_xattr.h): u32 version, then entries of
 * u16 tag, u16 permissions and u32 id; little-endian.
 */
const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
/** Owner, named user, owning group, named group, mask, others. */
const TAGS = new Set([0x01, 0x02, 0x04, 0x08, 0x10, 0x20]);
const MOST_PERMISSIONS = 7;

/** Whether the bytes have the form of an ACL. Whether its entries make sense together the kernel says when it is set. */
export function isAclValue(value: Uint8Array): boolean {
  const { length } = value;
  if (length <= HEADER_BYTES || (length - HEADER_BYTES) % ENTRY_BYTES !== 0) return false;
  const view = new DataView(value.buffer, value.byteOffset, length);
  if (view.getUint32(0, true) !== VERSION) return false;
  for (let at = HEADER_BYTES; at < length; at += ENTRY_BYTES)
    if (!TAGS.has(view.getUint16(at, true)) || view.getUint16(at + 2, true) > MOST_PERMISSIONS)
      return false;
  return true;
}
