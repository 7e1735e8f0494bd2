import type { ObjectName } from '../../state/object-index.js';
import type { RelativePath } from '../../watcher/entry.js';
import { bothExclusions } from '../../watcher/exclusion.js';
import type { NameRange } from '../../watcher/name-range.js';
import type { Counts } from './compare.js';
import {
  keptProblem,
  type ScanItem,
  type ScanProblem,
  type ScanRequest,
  type ScanSummary,
  type Walked,
} from './scan-items.js';

/** Fewer names than this are scanned before a second thread has started. */
export const WORTH_SHARING = 20_000;

/** The parts of a scan, in order; one when it is not cut. */
export function partsOf(
  request: ScanRequest,
  cutAt: ObjectName | undefined,
): readonly [ScanRequest, ...ScanRequest[]] {
  if (cutAt === undefined || request.under !== '') return [request];
  const part = (range: NameRange) => ({ ...request, range });
  return [part({ upTo: cutAt }), part({ after: cutAt })];
}

/** Makes what several threads found in their parts the findings of one scan. */
export interface MergedParts {
  /** What can be given out now that this batch has come from a part (0: the first). */
  take(part: number, items: readonly ScanItem[]): readonly ScanItem[];
  /** Whether every part has been walked. */
  readonly allWalked: boolean;
}

export function mergeParts(parts: number): MergedParts {
  const walked: Walked[] = [];
  const summaries = new Map<number, ScanSummary>();
  const deletesKept = new Map<string, ScanProblem>();

  function take(part: number, item: ScanItem): readonly ScanItem[] {
    switch (item.kind) {
      case 'walked':
        walked.push(item);
        return walked.length === parts ? [walked.reduce(bothWalked)] : [];
      case 'finished':
        summaries.set(part, item);
        return summaries.size === parts
          ? [...deletesKept.values(), inOrder(summaries).reduce(bothFinished)]
          : [];
      case 'problem':
        if (item.kept === undefined) return [item];
        add(item.path, item.kept.objects, item.kept.why);
        return [];
      case 'finding':
      case 'uploads':
        return [item];
    }
  }

  function add(path: RelativePath, objects: number, why: string): void {
    const key = `${path}\0${why}`;
    deletesKept.set(
      key,
      keptProblem(path, objects + (deletesKept.get(key)?.kept?.objects ?? 0), why),
    );
  }

  return {
    take: (part, items) => items.flatMap((item) => take(part, item)),
    get allWalked() {
      return walked.length === parts;
    },
  };
}

function inOrder(summaries: ReadonlyMap<number, ScanSummary>): readonly ScanSummary[] {
  return [...summaries].sort(([a], [b]) => a - b).map(([, summary]) => summary);
}

function bothWalked(a: Walked, b: Walked): Walked {
  return {
    ...a,
    ...countsOfBoth(a, b),
    empty: a.empty && b.empty,
    changed: a.changed || b.changed,
  };
}

function bothFinished(a: ScanSummary, b: ScanSummary): ScanSummary {
  return {
    kind: 'finished',
    ...countsOfBoth(a, b),
    deletesKept: a.deletesKept + b.deletesKept,
    excluded: a.excluded + b.excluded,
    complete: a.complete && b.complete,
    landmarks: [...a.landmarks, ...b.landmarks],
    exclusions: bothExclusions(a.exclusions, b.exclusions),
  };
}

function countsOfBoth(a: Counts, b: Counts): Counts {
  return {
    scanned: a.scanned + b.scanned,
    unchanged: a.unchanged + b.unchanged,
    bytes: a.bytes + b.bytes,
    kept: a.kept + b.kept,
  };
}
