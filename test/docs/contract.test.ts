import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { EXIT, isAsMeant } from '../../src/cli/exit.js';
import { EXAMPLES } from '../../src/cli/help.js';
import { summaryOf } from '../../src/cli/run-tally.js';
import type { SkipReason } from '../../src/sync/events.js';
import {
  DAEMON,
  EVENTS,
  HELD,
  JOBS,
  MIRROR,
  NESTED,
  NESTED_IN_TARGET,
  REASONS,
  REPORT,
  TARGET,
} from './contract.js';

const page = readFileSync(new URL('../../../docs/json-output.md', import.meta.url), 'utf8');

/** What stands below a heading, up to the next heading of its own level or a higher one. */
function below(heading: string): string {
  const level = heading.indexOf(' ');
  const start = page.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`the page has no heading "${heading}"`);
  const rest = page.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, end);
}

/** The names that the items of a list begin with: several, before the colon, with commas. */
function listed(text: string): string[] {
  const items = [...text.matchAll(/^- ((?:`[\w-]+`(?:, )?)+)/gm)].map(([, names = '']) => names);
  return items
    .flatMap((names) => [...names.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name))
    .sort();
}

const report = {
  startedAtMs: 0,
  seconds: 1,
  scanned: 1,
  uploaded: 0,
  copied: 0,
  deleted: 0,
  adopted: 0,
};
const counts = { unchanged: 1, failed: 0, skipped: 0, held: 0, bytes: 0 };

describe('docs/json-output.md', () => {
  test('has each event that --json prints, and no other', () => {
    const headings = [...below('## Events').matchAll(/^### `([\w-]+)`$/gm)].map(
      ([, event = '']) => event,
    );
    expect(headings.sort()).toEqual([...EVENTS.keys(), 'summary'].sort());
  });

  test.each([...EVENTS])('has the fields of the event %s', (event, fields) => {
    expect(listed(below(`### \`${event}\``))).toEqual([...fields].sort());
  });

  test('has the fields of the summary, in their order', () => {
    const { event, mirror, ...fields } = summaryOf(
      'documents',
      { ...report, ...counts },
      true,
      new Error('gone'),
    );
    expect({ event, mirror }).toEqual({ event: 'summary', mirror: 'documents' });
    const text = below('### `summary`');
    expect(listed(text)).toEqual(Object.keys(fields).sort());
    const order = Object.keys(fields).map((field) => text.indexOf(`\`${field}\``));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test('has each kind of job, and the fields of a report', () => {
    expect(listed(below('## Jobs'))).toEqual([...JOBS].sort());
    expect(listed(below('## Report'))).toEqual([...REPORT].sort());
  });

  test('has each reason, and says which are meant', () => {
    const text = below('## Reasons');
    expect(listed(text)).toEqual([...REASONS].sort());
    const meant = [...text.matchAll(/^- `([\w-]+)`: meant;/gm)].map(([, reason = '']) => reason);
    expect(meant.sort()).toEqual(
      REASONS.filter((reason) => isAsMeant(reason as SkipReason)).sort(),
    );
  });

  test('has the fields of the status', () => {
    expect(listed(below('## Status').split('\n### ')[0] ?? '')).toEqual([...DAEMON].sort());
    const parts = [
      ['### A mirror of the status', MIRROR, NESTED],
      ['### A target of the status', TARGET, NESTED_IN_TARGET],
    ] as const;
    for (const [heading, fields, nested] of parts) {
      const text = below(heading);
      expect(listed(text)).toEqual([...fields].sort());
      for (const [field, inner] of nested) {
        const item =
          new RegExp(`^- \`${field}\`:[\\s\\S]*?(?=^- |(?![\\s\\S]))`, 'm').exec(text)?.[0] ?? '';
        expect(
          inner.filter((name) => !item.includes(`\`${name}\``)),
          field,
        ).toEqual([]);
      }
    }
    expect(HELD.filter((name) => !below('## Other commands').includes(`\`${name}\``))).toEqual([]);
  });

  test('has each exit code', () => {
    const codes = [...below('## Exit codes').matchAll(/^\| (\d+) +\|/gm)].map(([, code]) =>
      Number(code),
    );
    const signals = (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).map(
      (name) => 128 + constants.signals[name],
    );
    expect(codes).toEqual([...Object.values(EXIT), ...signals].sort((a, b) => a - b));
  });

  test('says of exit code 6 what the help says', () => {
    const [, said] = /^\| 6 +\| (.*?) +\|$/m.exec(below('## Exit codes')) ?? [];
    expect(EXAMPLES.replaceAll(/\s+/g, ' ')).toContain(` 6 ${said} `);
  });
});
