import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { figures, withFigures } from '../../bench/page.js';
import { newestResult, PAGE, project } from '../../bench/published.js';
import type { Row } from '../../bench/row.js';
import { ROWS } from '../../bench/rows/catalogue.js';
import { readRun } from '../../bench/run-file.js';
import { rowOf, runOf, subject } from './runs.js';

const ROW: Row = {
  name: 'mirror',
  title: 'first mirror',
  targets: [
    { subject: 'longshore', figure: 'cpu', atMost: 1.5, of: ['rclone'] },
    { subject: 'longshore', figure: 'wall', atMost: 1.5, of: ['rclone'] },
    { subject: 'longshore', figure: 'own', atMost: 100 },
  ],
  run: () => Promise.reject(new Error('not run')),
};
const RUN = runOf(
  rowOf(
    'mirror',
    subject('longshore', [
      { cpu: 1, wall: 4 },
      { cpu: 3, wall: 4 },
    ]),
    subject('rclone', [{ cpu: 2, wall: 2 }]),
  ),
);
const FILE = 'bench/results/2026-01-02.json';

describe('the page with the figures', () => {
  const text = figures(RUN, [ROW], FILE);

  test('has the day, the machine and the versions', () => {
    expect(text).toContain(`Measured on 2026-01-02, all figures in [${FILE}](../${FILE}).`);
    expect(text).toContain('2 cores of a CPU, 8 GiB, Linux 6.1, Node v20.20.2:');
    expect(text).toContain('- rclone: rclone v1.60');
  });

  test('says of each target what was measured and whether it is met', () => {
    const lines = text.split('\n').filter((line) => line.startsWith('| [mirror]'));
    const cells = lines.map((line) => line.split('|').map((cell) => cell.trim()));
    expect(cells.map(([, , ...rest]) => rest.slice(0, 3))).toEqual([
      ['CPU at most 1.50 x rclone', '1.00 x', 'met'],
      ['wall at most 1.50 x rclone', '2.00 x', 'missed'],
      ['peak RssAnon at most 100 MiB', '-', 'not measured'],
    ]);
    expect(text).toContain('1 of 3 targets are met.');
  });

  test('lists the targets of a row that was not run as not measured', () => {
    const page = figures(RUN, [ROW, { ...ROW, name: 'scan' }], FILE);
    const lines = page.split('\n').filter((line) => line.startsWith('| scan '));
    expect(lines).toHaveLength(3);
    expect(lines.every((line) => line.endsWith(' not measured |'))).toBe(true);
  });

  test('has the medians and the commands of each row', () => {
    expect(text).toMatch(/^\| longshore +\| 2 +\| 4\.00 s +\| 2\.00 s +\|$/m);
    expect(text).toContain('```sh\nlongshore $SOURCE\nrclone $SOURCE\n```');
  });

  test('says which program failed, and shows no figure of it', () => {
    const failed = subject('rclone', [{ cpu: 2 }], { failures: ['the copy is wrong:\nf1'] });
    const page = figures(runOf(rowOf('mirror', failed)), [ROW], FILE);
    expect(page).toContain('- rclone failed and does not count: `the copy is wrong: f1`');
    expect(page).toMatch(/^\| rclone +\| 1 +\| - +\|$/m);
  });

  test('replaces what is between the markers, and nothing else', () => {
    const once = withFigures(
      'above\n<!-- figures: made by npm run docs:performance -->\nold\n<!-- figures: end -->\nbelow\n',
      RUN,
      [ROW],
      FILE,
    );
    expect(once).toMatch(/^above\n/);
    expect(once).toMatch(/\nbelow\n$/);
    expect(once).not.toContain('old');
    expect(withFigures(once, RUN, [ROW], FILE)).toBe(once);
  });

  test('a page without the markers is refused', () => {
    expect(() => withFigures('no markers', RUN, [ROW], FILE)).toThrow('the page lacks');
  });
});

test('docs/performance.md: is what its run makes of it (npm run docs:performance)', () => {
  const page = readFileSync(PAGE, 'utf8');
  const file = newestResult();
  expect(page).toBe(withFigures(page, readRun(`${project}/${file}`), ROWS, file));
});
