import type { Clock } from '../clock.js';
import type { DaemonStatus } from '../status/snapshot.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { type Counts, createCounts } from './counts.js';
import { collectFamilies, type Family } from './families.js';
import type { MetricsText } from './metrics-text.js';
import { addMirrorCounts, addMirrorStatus } from './mirror-families.js';
import { addTargetCounts, addTargetStatus } from './target-families.js';
import { addQueueStatus } from './worker-families.js';

/** The metrics of the program, from its opening on. */
export interface Metrics {
  readonly counts: Pick<Counts, 'runFailed'>;
  /** All metrics and those of the process, for a scrape. */
  text(status: DaemonStatus): Promise<MetricsText>;
  /** Without those of the process, which node_exporter has of itself: for its textfile collector. */
  textOfRun(status: DaemonStatus): Promise<MetricsText>;
  close(): void;
}

/** By level. */
type LogLines = Readonly<Record<string, number>>;

/** Counts from now on. The package that writes the text is loaded when a text is first asked for. */
export function createMetrics(
  telemetry: Telemetry,
  clock: Pick<Clock, 'now'>,
  logLines: () => LogLines = () => ({}),
): Metrics {
  const counts = createCounts(telemetry, clock);

  async function render(status: DaemonStatus, ofProcess: boolean): Promise<MetricsText> {
    const { renderFamilies } = await import('./prometheus.js');
    return renderFamilies(familiesOf(status, counts, logLines()), ofProcess);
  }

  return {
    counts,
    text: (status) => render(noteInSync(status, counts, clock.now()), true),
    textOfRun: (status) => render(status, false),
    close: counts.close,
  };
}

/** Pure: all metrics at one moment. */
export function familiesOf(
  status: DaemonStatus,
  { mirrors, targets }: Pick<Counts, 'mirrors' | 'targets'>,
  logLines: LogLines = {},
): readonly Family[] {
  const collector = collectFamilies();
  const { add } = collector;
  add('longshore_info', [status.version], 1);
  add('longshore_start_time_seconds', [], status.startedAtMs / 1000);
  for (const [level, count] of Object.entries(logLines))
    add('longshore_log_lines_total', [level], count);
  for (const mirror of status.mirrors) addMirrorStatus(add, mirror);
  for (const [mirror, counted] of mirrors) addMirrorCounts(collector, mirror, counted);
  for (const target of status.targets) addTargetStatus(collector, target);
  for (const [target, counted] of targets) addTargetCounts(collector, target, counted);
  if (status.queue !== undefined) addQueueStatus(collector, status.queue);
  return collector.families();
}

/** A mirror that stays in sync changes no state: being seen so is a success too. */
function noteInSync(status: DaemonStatus, { mirrors }: Counts, nowMs: number): DaemonStatus {
  for (const { mirror, state } of status.mirrors) {
    const counted = mirrors.get(mirror);
    if (counted !== undefined && state === 'in-sync') counted.inSyncAtMs = nowMs;
  }
  return status;
}
