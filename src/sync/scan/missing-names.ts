import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry, RelativePath } from '../../watcher/entry.js';
import type { WalkProblem } from '../../watcher/problem.js';
import type { Found } from '../../watcher/stat-entry.js';
import { decide, type Policy } from '../decide.js';
import { decideByInventory } from '../decide-by-inventory.js';
import { isFolderName, type Naming } from '../naming.js';
import type { Finding, MissingName } from './compare.js';
import type { UnseenRanges } from './unseen-ranges.js';

/** What it takes to tell a file that is gone from one that was only not seen. */
export interface Evidence {
  readonly unseenRanges: UnseenRanges;
  /** Looks at the path once more, now. `kind`: what was there. */
  statAgain(path: RelativePath, kind: 'file' | 'folder'): Found;
  known(name: ObjectName): ObjectRecord | undefined;
  readonly naming: Naming;
  /** What is known of the container comes from an inventory: see Sides. */
  readonly isInventory: boolean;
  /** Why nothing at all may be deleted; undefined when it may. */
  readonly noDeletes: string | undefined;
}

export interface MissingCounts {
  /** Objects kept because it is not certain that their files are gone. */
  deletesKept: number;
  /** Objects kept, and nothing said of them, because their paths are excluded. */
  excluded: number;
}

/**
 * What is to be done about names that a finished scan did not find. Each is looked for once more, since a scan takes
 * time: what came back meanwhile is compared like any other file, what is excluded or cannot be seen is left alone.
 */
export function* settleMissing(
  missingNames: Iterable<MissingName>,
  { unseenRanges, statAgain, known, naming, noDeletes, isInventory }: Evidence,
  policy: Policy,
  counts: MissingCounts,
): Generator<Finding | WalkProblem, void> {
  for (const { name, remote: said } of missingNames) {
    const path = naming.pathOf(name);
    if (unseenRanges.keeps(path) || (path !== name && unseenRanges.keeps(name))) {
      counts.deletesKept++;
      continue;
    }
    const found = statAgain(path, path !== name && isFolderName(name) ? 'folder' : 'file');
    if (found.kind === 'ignored') {
      counts.excluded++;
      continue;
    }
    if (found.kind === 'problem' && unseenRanges.add(found)) {
      yield found;
      if (unseenRanges.keeps(path)) {
        counts.deletesKept++;
        continue;
      }
    }
    const record = known(name);
    const entry = entryOf(found);
    const local = entry !== undefined && naming.nameOf(entry) === name ? entry : undefined;
    const file = local && { entry: local };
    const { remote, decision } =
      isInventory && said !== 'unknown'
        ? decideByInventory(file, record, said, policy)
        : { remote: said, decision: decide(file, record, said, policy) };
    if (decision.action === 'nothing') continue;
    if (noDeletes !== undefined && (decision.action === 'delete' || decision.action === 'forget')) {
      counts.deletesKept++;
      // Another program put it there: the message names it for the person who may delete it.
      if (record === undefined)
        yield { kind: 'finding', name, local, known: record, remote, decision: EXTRANEOUS };
    } else yield { kind: 'finding', name, local, known: record, remote, decision };
  }
}

const EXTRANEOUS = { action: 'report', what: 'extraneous' } as const;

function entryOf(found: Found): LocalEntry | undefined {
  if (found.kind === 'directory') return found.entry;
  return found.kind === 'file' || found.kind === 'symlink' ? found : undefined;
}
