import type { ObjectName } from '../state/object-index.js';
import type { ContentProof } from '../sync/store/content-proof.js';
import type { RestoreProblem } from './restore-failure.js';

/** What became of one object. */
export type RestoreOutcome =
  /** It is at its path. `proof` undefined: its content could not be verified, as nothing says what it should be. */
  | { readonly outcome: 'restored'; readonly proof: ContentProof['by'] | undefined }
  /** It was there, with this content and time, and was not loaded. */
  | { readonly outcome: 'unchanged' }
  /** `overwrite: older`: a file that is not older is there. */
  | { readonly outcome: 'kept' }
  /** A dry run would load it. */
  | { readonly outcome: 'planned' }
  | { readonly outcome: 'failed'; readonly problem: RestoreProblem; readonly error: Error };

export type RestoreEvent = RestoreOutcome & {
  readonly name: ObjectName;
  readonly kind: 'file' | 'symlink' | 'folder';
  /** Bytes. */
  readonly size: number;
  /** What is not as it should be, and kept nothing from being restored: metadata of no known form. */
  readonly notes: readonly string[];
};
