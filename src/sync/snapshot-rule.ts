/** When index snapshots are made. */
export interface SnapshotRule {
  /** Milliseconds from one to the next. */
  readonly everyMs: number;
  /** True: also of mirrors that are rebuilt about as fast without one. */
  readonly ofSmall: boolean;
}
