/**
 * A path below a mirror's source: `/` between segments, no leading or trailing `/`, no empty, `.` or `..` segment,
 * valid Unicode. The empty string is the source itself.
 */
export type RelativePath = string;

/**
 * Extended attributes (xattr(7)) by their full names, such as `user.colour`, in the order of the names' bytes; values in
 * base64. Plain JSON.
 */
export type FileAttributes = Readonly<Record<string, string>>;

/** What lstat (stat, for a followed link) said of one thing that can become an object. */
export interface LocalEntry {
  readonly path: RelativePath;
  /**
   * `symlink` only where the mirror preserves links: its content is the link's target text. `folder` only where the mirror keeps
   * folders: it has no content, and its size is 0.
   */
  readonly kind: 'file' | 'symlink' | 'folder';
  /** Bytes of content. */
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  /** Names that the file has (hard links), where they are several. Never of a folder, whose link count has its folders. */
  readonly links?: number;
  /** Permission bits only (`0o7777`). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** No stat has them: only where the mirror keeps them, once they were read for its object. */
  readonly attributes?: FileAttributes;
}
