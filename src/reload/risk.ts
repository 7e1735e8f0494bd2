/**
 * A change of the settings after which objects may be deleted or replaced, or stay in their container without a mirror that
 * keeps them equal to a file. Whether it concerns any object at all is found out by `affectedBy`.
 */
export interface Risk {
  readonly mirror: string;
  /** As the configuration names it; `mirrors` for a mirror that is not in it any more. */
  readonly setting: string;
  readonly kind: RiskKind;
}

export type RiskKind =
  /** The mirror is removed. */
  | 'removed'
  /** Another target, container or prefix. */
  | 'place'
  /** Another folder is mirrored. */
  | 'source'
  /** Patterns exclude other names than before. */
  | 'filter'
  /** Objects of files that are gone were kept. */
  | 'kept'
  | 'extraneous'
  | 'links'
  | 'folders'
  /** The trash is elsewhere, or keeps objects for a shorter time. */
  | 'trash'
  /** Changes that are held may pass. */
  | 'guard'
  | 'overwrite';

/** What becomes of objects because of a risk. */
export interface Affected {
  readonly mirror: string;
  readonly setting: string;
  /**
   * `deleted`: unless the guard holds it. `left`: they stay in the container, and no mirror keeps them equal to a file.
   * `replaced`: by what the files have. `held`: nothing is deleted or replaced before a person accepts the source.
   */
  readonly becomes: 'deleted' | 'left' | 'replaced' | 'held';
  /** How many, at the most; null: only a comparison finds out. */
  readonly objects: number | null;
  /** Some of their names, in order. */
  readonly names: readonly string[];
  readonly why: string;
}
