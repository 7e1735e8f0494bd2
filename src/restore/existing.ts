import { isSetTime } from '../file-time.js';

/** When a file that is there already is replaced by another content. */
export const OVERWRITES = ['never', 'older', 'always'] as const;
export type Overwrite = (typeof OVERWRITES)[number];

/** What is at the path of an object. */
export interface Existing {
  readonly kind: 'file' | 'symlink' | 'folder' | 'special';
  readonly size: number;
  readonly mtimeNs: bigint;
}

/** What the object is. */
export interface Wanted {
  readonly kind: 'file' | 'symlink';
  readonly size: number;
  readonly mtimeNs: bigint | undefined;
}

/**
 * What to do about an object whose path is taken. `finished`: it is there as it should be. `compare`: only the content
 * shows whether it is. `kept`: `overwrite: older`, and it is not. `exists`: another content is there and stays.
 */
export type ExistingVerdict = 'finished' | 'compare' | 'restore' | 'kept' | 'exists' | 'blocked';

/** See ExistingVerdict. `comparable`: whether the object's content can be compared with the file's. */
export function judgeExisting(
  existing: Existing,
  wanted: Wanted,
  overwrite: Overwrite,
  comparable: boolean,
): ExistingVerdict {
  if (existing.kind === 'folder' || existing.kind === 'special') return 'blocked';
  if (existing.kind === wanted.kind && existing.size === wanted.size) {
    if (wanted.kind === 'file' && isTimeOf(wanted, existing)) return 'finished';
    if (comparable) return 'compare';
  }
  return judgeOther(existing, wanted, overwrite);
}

/** The verdict about a content that is another one. */
export function judgeOther(
  existing: Pick<Existing, 'mtimeNs'>,
  { mtimeNs }: Pick<Wanted, 'mtimeNs'>,
  overwrite: Overwrite,
): 'restore' | 'kept' | 'exists' {
  if (overwrite === 'always') return 'restore';
  if (overwrite === 'never') return 'exists';
  return mtimeNs !== undefined && existing.mtimeNs < mtimeNs ? 'restore' : 'kept';
}

function isTimeOf({ mtimeNs }: Wanted, existing: Existing): boolean {
  return mtimeNs !== undefined && isSetTime(existing.mtimeNs, mtimeNs);
}
