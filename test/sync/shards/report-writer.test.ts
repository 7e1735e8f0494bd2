import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type ReportLine, readReport } from '../../../src/sync/shards/report-format.js';
import { openReportWriter } from '../../../src/sync/shards/report-writer.js';
import { fakeClock } from '../../fakes/clock.js';

const header = {
  format: 'longshore verify report',
  version: 1,
  mirror: 'm',
  container: 'c',
  prefix: '',
  snapshot: 'ab'.repeat(8),
  madeAt: '2026-11-30T04:00:00.000Z',
  shard: '1/2',
  host: 'h',
} as const;

const line = (name: string): ReportLine => ({ name, outcome: 'gone', atMs: 1, version: undefined });

function openWriter(evenEmpty = false) {
  const clock = fakeClock();
  const delivered: string[][] = [];
  const writer = openReportWriter({
    header,
    async deliver(compressed) {
      const report = readReport(gunzipSync(compressed));
      delivered.push([...report.lines()].map((each) => each?.name ?? ''));
    },
    evenEmpty,
    clock,
  });
  return { writer, clock, delivered };
}

test('report writer: a report ends with 50,000 lines, and none of them is lost', async () => {
  const { writer, delivered } = openWriter();
  for (let at = 0; at < 120_000; at += 1) writer.add(line(`${at}`));
  await writer.finish();
  expect(delivered.map(({ length }) => length)).toEqual([50_000, 50_000, 20_000]);
  expect(new Set(delivered.flat()).size).toBe(120_000);
});

test('report writer: a report ends after 15 minutes, and before it is too large to be read', async () => {
  const { writer, clock, delivered } = openWriter();
  writer.add(line('a'));
  await clock.advance(900_000);
  writer.add(line('b'));
  writer.add(line('c'));
  await writer.finish();
  expect(delivered).toEqual([['a', 'b'], ['c']]);

  const large = openWriter();
  for (let at = 0; at < 40; at += 1) large.writer.add(line(`${'x'.repeat(2 ** 20)}${at}`));
  await large.writer.finish();
  expect(large.delivered.length).toBeGreaterThan(2);
  expect(large.delivered.flat()).toHaveLength(40);
});

test('report writer: without a line there is a report only where one is wanted', async () => {
  for (const evenEmpty of [false, true]) {
    const { writer, delivered } = openWriter(evenEmpty);
    await writer.finish();
    expect(delivered).toEqual(evenEmpty ? [[]] : []);
  }
});

test('report writer: the first refusal is what finish rejects with', async () => {
  const writer = openReportWriter({
    header,
    deliver: () => Promise.reject(new Error('disk full')),
    evenEmpty: false,
    clock: fakeClock(),
  });
  writer.add(line('a'));
  await expect(writer.finish()).rejects.toThrow('disk full');
});
