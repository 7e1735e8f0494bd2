import { figuresOf } from './report.js';
import { type BenchRun, FIGURES, formatFigure, medianOf, type RowResult } from './result.js';
import type { Row } from './row.js';
import { measure, targetText, valueText } from './target.js';

const BEGIN = '<!-- figures: made by npm run docs:performance -->';
const END = '<!-- figures: end -->';

/** Returns the page with the figures of a run between its two markers. Throws when the page has no markers. */
export function withFigures(
  page: string,
  run: BenchRun,
  rows: readonly Row[],
  file: string,
): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from) throw new Error(`the page lacks ${BEGIN} or ${END}`);
  return `${page.slice(0, from)}${BEGIN}\n\n${figures(run, rows, file)}\n\n${page.slice(to)}`;
}

/** Returns the figures of a run in Markdown: machine, versions, targets with verdicts, and each row with its commands. */
export function figures(run: BenchRun, rows: readonly Row[], file: string): string {
  const found = rows.flatMap((row) => {
    const result = run.rows.find((each) => each.row === row.name);
    return result === undefined ? [] : [{ row, result }];
  });
  const parts = [machine(run, file), targets(run, rows), ...found.map(rowText)];
  return parts.join('\n\n');
}

interface Found {
  readonly row: Row;
  readonly result: RowResult;
}

function machine({ startedAt, note, machine: m, programs }: BenchRun, file: string): string {
  const versions = Object.entries(programs).map(
    ([name, version]) => `- ${name}: ${oneLine(version)}`,
  );
  return [
    `Measured on ${startedAt.slice(0, 10)}, all figures in [${file}](../${file}). ${note ?? ''}`.trim(),
    `${m.cores} cores of ${m.cpu}, ${m.memoryGiB} GiB, Linux ${m.kernel}, Node ${m.node}:`,
    versions.join('\n'),
  ].join('\n\n');
}

/** The targets of all rows: those that the run lacks are not measured. */
function targets(run: BenchRun, rows: readonly Row[]): string {
  const lines = rows.flatMap(({ name, targets: all }) => {
    const result = run.rows.find((each) => each.row === name);
    const shown = result === undefined ? name : `[${name}](#${name})`;
    return all.map((target) => {
      const { value, verdict } = measure(target, result);
      return [shown, targetText(target), valueText(target, value), verdict];
    });
  });
  const met = lines.filter(([, , , verdict]) => verdict === 'met').length;
  const table = markdownTable(['row', 'target', 'measured', ''], lines);
  return `## Targets\n\n${met} of ${lines.length} targets are met.\n\n${table}`;
}

function rowText({ row, result }: Found): string {
  const shown = figuresOf(result);
  const lines = result.subjects.map((subject) => [
    subject.name,
    String(subject.samples.length),
    ...shown.map((figure) => formatFigure(figure, medianOf(subject, figure))),
  ]);
  const header = ['', 'rounds', ...shown.map((figure) => FIGURES[figure].title)];
  const commands = [...new Set(result.subjects.map(({ command }) => command))].filter(Boolean);
  const failures = result.subjects.flatMap(({ name, failures: all }) =>
    all
      .slice(0, 1)
      .map(
        (failure) =>
          `- ${name} failed and does not count: \`${oneLine(failure).replaceAll('`', "'")}\``,
      ),
  );
  return [
    `### ${row.name}`,
    `${upper(row.title)}. On a ${result.fileSystem}; load averages at the beginning: ${result.load}.`,
    markdownTable(header, lines),
    ...(failures.length === 0 ? [] : [failures.join('\n')]),
    `\`\`\`sh\n${commands.join('\n')}\n\`\`\``,
  ].join('\n\n');
}

/** The first column is text, the others are figures. */
function markdownTable(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const rows = [header, ...lines].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, at) =>
    Math.max(3, ...rows.map((cells) => (cells[at] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const [top = [], ...below] = rows;
  return [line(top), rule, ...below.map(line)].join('\n');
}

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim().slice(0, 300);
