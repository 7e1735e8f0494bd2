import type { RelativePath } from '../../watcher/entry.js';
import type { Since } from '../moment.js';
import type { PathState, SourceView } from '../source/source-view.js';

/** A path that a hint named, and what was there when the hint was taken. */
export interface HintedPath {
  readonly path: RelativePath;
  readonly state: PathState;
  /** When its change was first seen. */
  readonly since: Since;
}

export function statHint(
  { stat }: Pick<SourceView, 'stat'>,
  path: RelativePath,
  since: Since,
): HintedPath {
  return { path, state: stat(path), since };
}

/**
 * Stats each path once, sorted, so that those of one folder share the way down to it. What changes after this turn has a hint
 * of its own, which is taken later.
 */
export function statHinted(
  source: Pick<SourceView, 'statsInOrder'>,
  changes: Iterable<readonly [path: RelativePath, since: Since]>,
): readonly HintedPath[] {
  const stats = source.statsInOrder();
  return [...changes]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([path, since]) => statHint(stats, path, since));
}
