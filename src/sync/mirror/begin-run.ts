import type { ObjectName } from '../../state/object-index.js';
import type { RelativePath } from '../../watcher/entry.js';
import { momentNow } from '../moment.js';
import type { DueRun } from '../run.js';
import { scanOf } from '../scan/scans-due.js';
import type { SourceView } from '../source/source-view.js';
import type { RemoteRoot } from '../work/remote-root.js';
import type { Mirror } from './mirror.js';
import type { ScanEnd } from './mirror-work.js';
import type { Run } from './runs.js';

/** A run whose comparison is under way, as the books of its mirror have it. */
export interface BegunRun {
  readonly due: DueRun;
  readonly run: Run;
  /** Objects for which a multipart upload was begun before. The run removes those that it makes jobs of. */
  readonly needlessUploads: Set<ObjectName>;
  /** Set where the run surveys the whole source. To be called when all that it found was seen to. */
  readonly endSurvey: (() => void) | undefined;
  /**
   * The source has been walked: no other run waits for what this one may still find. `changed`: a folder changed
   * meanwhile.
   */
  walked(changed: boolean): void;
  /** The comparison is over. */
  scanned(end: ScanEnd): void;
  /** The comparison has failed. */
  fail(): void;
}

export type BeginningMirror = Pick<
  Mirror,
  'stats' | 'runs' | 'work' | 'scansDue' | 'beginSurvey' | 'reportState'
> & {
  readonly parts: Pick<Mirror['parts'], 'index' | 'clock'>;
  readonly root: Pick<RemoteRoot, 'uploads'>;
  readonly source: Pick<SourceView, 'stat'>;
};

/** Reports the run and opens its books. */
export function beginRun(mirror: BeginningMirror, due: DueRun): BegunRun {
  const { stats, runs, work, scansDue, parts } = mirror;
  stats.report({ event: 'run-started', run: due.kind, why: due.why });
  stats.forgetSkips();
  const endSurvey = due.under === '' && due.sides.source ? mirror.beginSurvey() : undefined;
  const run = runs.begin(parts.index);
  run.since = (path) => work.changedAt(path, due);
  const began = momentNow(parts.clock);
  const endDue = scansDue.begin({ ...scanOf(due), run: run.id });
  const needlessUploads = new Set(mirror.root.uploads.names());
  const scanned = work.scanning(due);
  mirror.reportState();
  return {
    due,
    run,
    needlessUploads,
    endSurvey,
    scanned,
    walked(changed) {
      if (due.sides.source) scansDue.walked(due.under, began);
      endDue(due.under !== '' && (changed || !isFolder(mirror, due.under)));
    },
    fail() {
      // After the turn in which the caller adds another run: until then, this scan counts as due.
      setImmediate(() => endDue());
      runs.end(run);
      scanned('failed');
    },
  };
}

function isFolder({ source }: Pick<BeginningMirror, 'source'>, path: RelativePath): boolean {
  return source.stat(path).found === 'folder';
}
