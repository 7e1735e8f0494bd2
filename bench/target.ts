import { FIGURES, type Figure, medianOf, type RowResult, subjectOf } from './result.js';

/** What a row should reach: a figure of a subject, or that figure divided by another subject's. */
export interface Target {
  readonly subject: string;
  readonly figure: Figure;
  readonly atMost: number;
  /** The subjects that it is compared with: the best of those that were measured. Absent: `atMost` is the figure itself. */
  readonly of?: readonly string[];
  /** The figure of the other subjects. Absent: the same. */
  readonly ofFigure?: Figure;
}

export type Verdict = 'met' | 'missed' | 'not measured';

export interface Measured {
  readonly target: Target;
  /** NaN when a subject has no figure. */
  readonly value: number;
  readonly verdict: Verdict;
}

/** Compares the medians of a row with a target. */
export function measure(target: Target, row: RowResult | undefined): Measured {
  const own = medianOf(subjectOf(row, target.subject), target.figure);
  const value = target.of === undefined ? own : own / best(target.of, target, row);
  if (!Number.isFinite(value)) return { target, value, verdict: 'not measured' };
  return { target, value, verdict: value <= target.atMost ? 'met' : 'missed' };
}

function best(names: readonly string[], target: Target, row: RowResult | undefined): number {
  const values = names
    .map((name) => medianOf(subjectOf(row, name), target.ofFigure ?? target.figure))
    .filter((value) => Number.isFinite(value));
  return values.length === 0 ? Number.NaN : Math.min(...values);
}

/** The target in words: `wall at most 1.2 x rclone`. */
export function targetText(target: Target): string {
  const { title } = FIGURES[target.figure];
  const what = target.subject === 'longshore' ? title : `${target.subject}: ${title}`;
  return `${what} at most ${valueText(target, target.atMost)}${comparedWith(target)}`;
}

function comparedWith({ of, figure, ofFigure }: Target): string {
  if (of === undefined) return '';
  const theirs =
    ofFigure === undefined || ofFigure === figure ? '' : `'s ${FIGURES[ofFigure].title}`;
  return ` ${of.join(' or ')}${theirs}`;
}

/** A measured value, or the bound of a target, with its unit: `1.20 x`, `84 MiB`. */
export function valueText(target: Target, value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (target.of !== undefined) return `${value.toFixed(2)} x`;
  const { unit, decimals } = FIGURES[target.figure];
  return `${value.toFixed(decimals)} ${unit}`.trimEnd();
}
