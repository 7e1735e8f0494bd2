/** What the metadata of one object may have in all. */
export interface MetadataLimits {
  /** Of keys and values, with what headers have before a key. */
  readonly bytes: number;
  readonly lines: number;
}
