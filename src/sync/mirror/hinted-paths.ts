import type { RelativePath } from '../../watcher/entry.js';
import { parentOf } from '../../watcher/path.js';
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

/** Changes of one folder that count as few. */
const FEW = 16;

/** Those in folders with few changes come first, so that a single file does not wait for the thousands of a mass. Else as given. */
export function fewestFirst(hinted: readonly HintedPath[]): readonly HintedPath[] {
  const folders = hinted.map(({ path }) => parentOf(path) ?? '');
  const changes = new Map<RelativePath, number>();
  for (const folder of folders) changes.set(folder, (changes.get(folder) ?? 0) + 1);
  const isFew = (at: number) => (changes.get(folders[at] ?? '') ?? 0) <= FEW;
  return [...hinted.filter((_, at) => isFew(at)), ...hinted.filter((_, at) => !isFew(at))];
}
