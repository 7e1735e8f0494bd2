import { printable } from '../printable.js';
import type { RestoreEvent } from '../restore/restore-events.js';
import { bytes, counted } from '../status/units.js';
import { messageLines } from './error-lines.js';
import { EXIT } from './exit.js';
import type { Io } from './io.js';
import { noteLine, type Output } from './output.js';

/** Prints what becomes of each object, and counts. */
export interface RestoreReport {
  readonly report: (event: RestoreEvent) => void;
  /** What was asked for and is not there. */
  missing(asked: string): void;
  /** Prints the counts. Returns the exit code. */
  finish(): number;
}

interface Counts {
  restored: number;
  unverified: number;
  unchanged: number;
  kept: number;
  planned: number;
  failed: number;
  bytes: number;
}

export interface RestoreReportOptions {
  readonly json: boolean;
  readonly dryRun: boolean;
  /** Undefined: all that was asked for is restored. */
  readonly shard: RestoredShard | undefined;
}

/** Which part of what was asked for is restored. */
export interface RestoredShard {
  /** `K/N`. */
  readonly shard: string;
  /** By which it was cut: see ReportHeader. */
  readonly snapshot: string;
  readonly madeAt: string;
}

/** Texts: problems go to stderr, and to stdout what a dry run would restore and the counts. JSON: one object a line. */
export function openRestoreReport(
  output: Output,
  stderr: Io['stderr'],
  { json, dryRun, shard }: RestoreReportOptions,
): RestoreReport {
  const counts: Counts = {
    restored: 0,
    unverified: 0,
    unchanged: 0,
    kept: 0,
    planned: 0,
    failed: 0,
    bytes: 0,
  };
  return {
    report(event) {
      count(counts, event);
      if (json) output.json(asJson(event));
      else if (event.outcome === 'planned')
        output.line(`would restore ${printable(event.name)} (${bytes(event.size)})`);
      if (event.outcome === 'failed')
        noteLine(stderr, `${printable(event.name)}: ${messageLines(event.error).join('; ')}`);
      for (const note of event.notes) noteLine(stderr, `${printable(event.name)}: ${note}`);
    },
    missing(asked) {
      counts.failed += 1;
      if (json)
        output.json({ event: 'failed', name: asked, problem: 'not-found', error: NOT_FOUND });
      noteLine(stderr, `${printable(asked)}: ${NOT_FOUND}`);
    },
    finish() {
      if (json) output.json({ event: 'summary', dryRun, ...shard, ...counts });
      else output.line(`${shardLine(shard)}${summaryLine(counts, dryRun)}`);
      if (counts.failed > 0) return EXIT.INCOMPLETE;
      return counts.planned > 0 ? EXIT.WORK_DUE : EXIT.OK;
    },
  };
}

const NOT_FOUND = 'no object of the mirror is called that, or is below it';

function count(counts: Counts, event: RestoreEvent): void {
  counts[event.outcome] += 1;
  if (event.outcome === 'restored' && event.proof === undefined) counts.unverified += 1;
  if (event.outcome === 'restored' || event.outcome === 'planned') counts.bytes += event.size;
}

function asJson(event: RestoreEvent): unknown {
  const { name, kind, size, outcome, notes } = event;
  return {
    event: outcome,
    name,
    kind,
    size,
    ...(outcome === 'restored' && { verified: event.proof ?? null }),
    ...(outcome === 'failed' && { problem: event.problem, error: event.error.message }),
    ...(notes.length > 0 && { notes }),
  };
}

function shardLine(of: RestoredShard | undefined): string {
  if (of === undefined) return '';
  return `shard ${of.shard} by the index snapshot ${of.snapshot} of ${of.madeAt}: `;
}

function summaryLine(counts: Counts, dryRun: boolean): string {
  const { restored, unverified, unchanged, kept, planned, failed } = counts;
  const done = dryRun
    ? `would restore ${counted(planned, 'object')} (${bytes(counts.bytes)})`
    : `restored ${counted(restored, 'object')} (${bytes(counts.bytes)})`;
  return [
    done,
    ...(unverified > 0
      ? [`${unverified} of them unverified: nothing says what they should be`]
      : []),
    ...(unchanged > 0 ? [`${unchanged} were there already`] : []),
    ...(kept > 0 ? [`${kept} kept, as the files there are not older`] : []),
    ...(failed > 0 ? [`${failed} not restored`] : []),
  ].join(', ');
}
