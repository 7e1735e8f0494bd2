import { FIGURES, type Figure, formatFigure, medianOf, type RowResult } from './result.js';
import type { Row } from './row.js';
import { measure, targetText, valueText } from './target.js';

/** What a row measured, for a terminal: medians of each subject, failures, and each target with its verdict. */
export function reportOf(row: Row, result: RowResult): string {
  const width = Math.max(...result.subjects.map(({ name }) => name.length));
  const lines = [`\n${row.name}: ${row.title}`, `  on a ${result.fileSystem}; load ${result.load}`];
  for (const subject of result.subjects) {
    const figures = figuresOf(result)
      .map((figure) => [figure, medianOf(subject, figure)] as const)
      .filter(([, value]) => Number.isFinite(value))
      .map(([figure, value]) => `${FIGURES[figure].title} ${formatFigure(figure, value)}`);
    lines.push(`  ${subject.name.padEnd(width)}  ${figures.join(', ')}`);
    for (const failure of subject.failures)
      lines.push(`    failed, does not count: ${failure.split('\n').join('\n    ')}`);
  }
  for (const target of row.targets) {
    const { value, verdict } = measure(target, result);
    lines.push(`  target: ${targetText(target)}: ${valueText(target, value)}, ${verdict}`);
  }
  return lines.join('\n');
}

/** The figures that any subject of the row has, in the order of FIGURES. */
export function figuresOf({ subjects }: RowResult): readonly Figure[] {
  return (Object.keys(FIGURES) as Figure[]).filter((figure) =>
    subjects.some(({ samples }) => samples.some((sample) => sample[figure] !== undefined)),
  );
}
