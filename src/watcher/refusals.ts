import type { Logger } from '../log.js';
import { countBelow } from './count-folders.js';
import { collapse, covers } from './cover.js';
import type { FolderRules } from './filter.js';
import { isForbidden } from './problem.js';
import { SourceMissingError, sourceMissing } from './source.js';
import { explainLimit, isLimit, readWatchLimits } from './watch-limits.js';
import type { WatchTree } from './watch-tree.js';
import { pathOf } from './watched-folder.js';
import type { Degraded } from './watcher.js';

/** The folders that could not be watched, in words for people. */
export interface Refusals {
  /** Why nothing at all can be watched; undefined when something is, or when only a limit of the system forbids it. */
  ofRoot(): SourceMissingError | undefined;
  degraded(): readonly Degraded[];
  /** Those of `degraded` that can be scanned all the same. */
  readable(): readonly Degraded[];
  /** Logs when the first folder was refused, and when none is any more; at a limit, counts what would be needed. */
  report(signal: AbortSignal): Promise<void>;
}

/** More folders than this are reported as the folders above them. */
const REPORTED = 32;

export function createRefusals(
  options: { readonly root: string; readonly rules: FolderRules; readonly log: Logger },
  tree: WatchTree,
): Refusals {
  const { root, rules, log } = options;
  let needed: number | undefined;
  let reported = false;

  const missing = (): SourceMissingError =>
    new SourceMissingError(root, 'does not exist, or is no folder: mount or create it');

  const explain = (error: Error): string =>
    isLimit(error) ? explainLimit(error, readWatchLimits(), needed) : error.message;

  /** Called before each delete, so it is computed only after a change. */
  let readable: { readonly version: number; readonly folders: readonly Degraded[] } | undefined;

  const degradedWhere = (isReported: (error: Error) => boolean): Degraded[] => {
    if (tree.root.gone) return [{ under: '', why: missing().message }];
    const refused = [...tree.refused]
      .filter(([, { reason }]) => isReported(reason))
      .map(([folder, { reason }]) => ({ path: pathOf(folder), reason }));
    return collapse(
      refused.map(({ path }) => path),
      REPORTED,
    ).map((under) => {
      const first = refused.find(({ path }) => covers(under, path));
      return { under, why: first === undefined ? '' : explain(first.reason) };
    });
  };

  const countNeeded = async (signal: AbortSignal): Promise<number> => {
    const { watched, refused } = tree;
    const under = [...refused.keys()].map((folder) => ({
      path: pathOf(folder),
      around: folder.parent?.rules ?? rules,
    }));
    const below = await countBelow(root, under, () => signal.aborted);
    return watched + refused.size + below.folders;
  };

  return {
    ofRoot() {
      if (tree.root.gone) return missing();
      const reason = tree.refused.get(tree.root)?.reason;
      return reason === undefined || isLimit(reason) ? undefined : sourceMissing(root, reason);
    },
    degraded: () => degradedWhere(() => true),
    readable() {
      if (tree.root.gone) return [];
      const { version } = tree;
      if (readable?.version !== version)
        readable = { version, folders: degradedWhere((error) => !isForbidden(error)) };
      return readable.folders;
    },

    async report(signal) {
      if (tree.refused.size === 0) {
        if (reported) log.info('all folders are watched again', { root });
        reported = false;
        return;
      }
      if (reported) return;
      reported = true;
      if ([...tree.refused.values()].some(({ reason }) => isLimit(reason))) {
        needed = await countNeeded(signal);
        readable = undefined;
      }
      if (signal.aborted) return;
      for (const { under, why } of degradedWhere(() => true))
        log.warn('folder is not watched, but rescanned on a timer', { root, under, why });
    },
  };
}
