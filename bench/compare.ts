import {
  type BenchRun,
  FIGURES,
  type Figure,
  formatFigure,
  medianOf,
  subjectOf,
} from './result.js';

const TOLERANCE = 1.05;

/** A figure of CPU time in two runs. */
export interface Difference {
  readonly row: string;
  readonly subject: string;
  readonly figure: Figure;
  readonly before: number;
  readonly now: number;
  /** `now` by `before`: above 1 is worse. */
  readonly ratio: number;
}

const CPU_FIGURES = (Object.keys(FIGURES) as Figure[]).filter((figure) => 'cpu' in FIGURES[figure]);

/**
 * Returns how the CPU times of longshore changed from one run to the next, by medians, for what both have. Wall times are not
 * compared: they depend on what else the machine does.
 */
export function differences(before: BenchRun, now: BenchRun): readonly Difference[] {
  return now.rows.flatMap((row) => {
    const earlier = before.rows.find((other) => other.row === row.row);
    const own = row.subjects.filter(({ program }) => program === 'longshore');
    return own.flatMap((subject) =>
      CPU_FIGURES.flatMap((figure) => {
        const [was, is] = [
          medianOf(subjectOf(earlier, subject.name), figure),
          medianOf(subject, figure),
        ];
        const ratio = is / was;
        if (!Number.isFinite(ratio)) return [];
        return [{ row: row.row, subject: subject.name, figure, before: was, now: is, ratio }];
      }),
    );
  });
}

/** Returns those that got worse by more than 5 %. */
export function worse(all: readonly Difference[]): readonly Difference[] {
  return all.filter(({ ratio }) => ratio > TOLERANCE);
}

/** Returns how the machines of two runs differ: figures of different machines say little about each other. */
export function machineDifferences(before: BenchRun, now: BenchRun): readonly string[] {
  const keys = Object.keys(now.machine) as (keyof BenchRun['machine'])[];
  return keys
    .filter((key) => before.machine[key] !== now.machine[key])
    .map((key) => `${key}: ${before.machine[key]}, now ${now.machine[key]}`);
}

export function differenceText({ row, subject, figure, before, now, ratio }: Difference): string {
  const percent = ((ratio - 1) * 100).toFixed(1);
  const sign = ratio > 1 ? '+' : '';
  return `${row}, ${subject}: ${FIGURES[figure].title} ${formatFigure(figure, before)}, now ${formatFigure(figure, now)} (${sign}${percent} %)`;
}
