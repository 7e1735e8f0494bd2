import type { ObjectName, ObjectRecord } from '../../state/object-index.js';
import type { LocalEntry, RelativePath } from '../../watcher/entry.js';
import type { Found } from '../../watcher/look.js';
import type { WalkProblem } from '../../watcher/problem.js';
import { decide, type Policy } from '../decide.js';
import type { Naming } from '../store/naming.js';
import type { BlindSpots } from './blind-spots.js';
import type { Departure, Finding } from './compare.js';

/** What it takes to tell a file that is gone from one that was only not seen. */
export interface Evidence {
  readonly blindSpots: BlindSpots;
  /** Looks at the path once more, now. */
  lookAgain(path: RelativePath): Found;
  known(name: ObjectName): ObjectRecord | undefined;
  readonly naming: Naming;
  /** Why nothing at all may be deleted; undefined when it may. */
  readonly noDeletes: string | undefined;
}

export interface DepartureCounts {
  /** Objects kept because it is not certain that their files are gone. */
  withheld: number;
  /** Objects kept, and nothing said of them, because their paths are excluded. */
  excluded: number;
}

/**
 * What is to be done about names that a finished scan did not find. Each is looked for once more, since a scan takes
 * time: what came back meanwhile is compared like any other file, what is excluded or cannot be seen is left alone.
 */
export function* settleDepartures(
  departures: Iterable<Departure>,
  { blindSpots, lookAgain, known, naming, noDeletes }: Evidence,
  policy: Policy,
  counts: DepartureCounts,
): Generator<Finding | WalkProblem, void> {
  for (const { name, remote } of departures) {
    const path = naming.pathOf(name);
    if (blindSpots.keeps(path) || (path !== name && blindSpots.keeps(name))) {
      counts.withheld++;
      continue;
    }
    const found = lookAgain(path);
    if (found.kind === 'ignored') {
      counts.excluded++;
      continue;
    }
    if (found.kind === 'problem' && blindSpots.add(found)) {
      yield found;
      if (blindSpots.keeps(path)) {
        counts.withheld++;
        continue;
      }
    }
    const record = known(name);
    const local = isEntry(found) && naming.nameOf(found) === name ? found : undefined;
    const decision = decide(local && { entry: local }, record, remote, policy);
    if (decision.action === 'nothing') continue;
    if (noDeletes !== undefined && (decision.action === 'delete' || decision.action === 'forget')) {
      counts.withheld++;
      // Somebody put it there: who is asked to let it go can see which it is.
      if (record === undefined) yield { kind: 'finding', name, local, known: record, remote, decision: EXTRANEOUS };
    } else yield { kind: 'finding', name, local, known: record, remote, decision };
  }
}

const EXTRANEOUS = { action: 'report', what: 'extraneous' } as const;

function isEntry(found: Found): found is LocalEntry {
  return found.kind === 'file' || found.kind === 'symlink';
}
