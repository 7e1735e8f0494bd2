import { median } from './statistics.js';

/** What a figure is measured in, and whether it counts CPU time: those are compared from run to run. */
interface FigureKind {
  readonly title: string;
  readonly unit: string;
  readonly decimals: number;
  readonly cpu?: true;
}

/** The figures that rows take. */
export const FIGURES = {
  wall: { title: 'wall', unit: 's', decimals: 2 },
  cpu: { title: 'CPU', unit: 's', decimals: 2, cpu: true },
  cpuEach: { title: 'CPU an object', unit: 'ms', decimals: 3, cpu: true },
  rss: { title: 'peak RSS', unit: 'MiB', decimals: 0 },
  own: { title: 'peak RssAnon', unit: 'MiB', decimals: 0 },
  p50: { title: 'p50', unit: 'ms', decimals: 1 },
  p99: { title: 'p99', unit: 'ms', decimals: 1 },
  worst: { title: 'worst', unit: 'ms', decimals: 1 },
  single: { title: 'a single change meanwhile', unit: 's', decimals: 2 },
  syncs: { title: 'syncs a thousand objects', unit: '', decimals: 0 },
  idle: { title: 'CPU of one core', unit: '%', decimals: 2, cpu: true },
} as const satisfies Readonly<Record<string, FigureKind>>;

export type Figure = keyof typeof FIGURES;

/** The figures of one run of one program. */
export type Sample = Readonly<Partial<Record<Figure, number>>>;

/** What one program, or one kind of work, took in the rounds of a row. */
export interface Subject {
  readonly name: string;
  /** `longshore`, or the peer. */
  readonly program: string;
  /** The command, with `$SOURCE` and `$FOLDER` for the paths of that run, and `$S3` for the address of the server. */
  readonly command: string;
  /** One for each round that succeeded. */
  readonly samples: readonly Sample[];
  /** Why the subject does not count: what the program said, or what was not mirrored. */
  readonly failures: readonly string[];
}

export interface RowResult {
  readonly row: string;
  readonly title: string;
  /** What the files lay on. */
  readonly fileSystem: string;
  /** Load averages of 1, 5 and 15 minutes as the row began: what else the machine did. */
  readonly load: string;
  readonly subjects: readonly Subject[];
}

/** One run of the bench: a JSON file that a later run is compared with. */
export interface BenchRun {
  readonly format: 1;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** What a reader of the figures should know, for example that the machine was shared. */
  readonly note?: string;
  readonly machine: Machine;
  /** Version of each program, by its name; a program that was not found is missing. */
  readonly programs: Readonly<Record<string, string>>;
  readonly rows: readonly RowResult[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

/**
 * Returns the median of a figure over a subject's rounds. NaN when no round has it, or when a round failed: what a program
 * took for wrong work says nothing.
 */
export function medianOf(subject: Subject | undefined, figure: Figure): number {
  if (subject !== undefined && subject.failures.length > 0) return Number.NaN;
  return median((subject?.samples ?? []).flatMap((sample) => sample[figure] ?? []));
}

export function subjectOf(row: RowResult | undefined, name: string): Subject | undefined {
  return row?.subjects.find((subject) => subject.name === name);
}

/** Returns the run with a row in place of the row of that name, or behind the others. */
export function withRow(run: BenchRun, row: RowResult): BenchRun {
  const at = run.rows.findIndex((other) => other.row === row.row);
  return { ...run, rows: at < 0 ? [...run.rows, row] : run.rows.with(at, row) };
}

export function formatFigure(figure: Figure, value: number): string {
  const { unit, decimals } = FIGURES[figure];
  return Number.isFinite(value) ? `${value.toFixed(decimals)} ${unit}`.trimEnd() : '-';
}
