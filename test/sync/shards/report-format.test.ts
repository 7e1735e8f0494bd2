import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  headerOf,
  lineText,
  type ReportLine,
  readReport,
  reportsIn,
  reportText,
  UnusableReportError,
} from '../../../src/sync/shards/report-format.js';
import { anyName } from '../../state/fixtures.js';

const snapshot = {
  header: {
    format: 'longshore index snapshot',
    version: 1,
    mirror: 'documents',
    container: 'c',
    prefix: 'p/',
    epoch: 3,
    madeAt: '2026-11-30T04:00:00.000Z',
    ledger: {},
  },
  digest: 'ab'.repeat(32),
} as const;
const header = headerOf(snapshot, { number: 3, of: 16 }, 'host-a');

const line = (name: string): ReportLine => ({
  name,
  outcome: 'proven',
  atMs: 1_700_000_000_000,
  version: { state: 'confirmed', size: 3, md5: 'd41d8cd98f00b204e9800998ecf8427e', etag: '"e"' },
});

const anyLine: fc.Arbitrary<ReportLine> = fc.record({
  name: anyName,
  outcome: fc.constantFrom('proven', 'damaged', 'changed', 'gone'),
  atMs: fc.nat(),
  version: fc.constantFrom(undefined, line('').version),
});

const textOf = (lines: readonly ReportLine[]) => reportText(header, lines.map(lineText));

async function* inChunks(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

describe('a report', () => {
  test('gives its lines back, whatever the names', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 10 }), (lines) => {
        const report = readReport(textOf(lines));
        expect(report.header).toEqual(header);
        expect([...report.lines()]).toEqual(lines);
      }),
    );
  });

  test('that was cut short anywhere, or has another byte, is refused', () => {
    const whole = textOf([line('a'), line('b')]);
    for (let length = 0; length < whole.byteLength; length += 1)
      expect(() => readReport(whole.subarray(0, length)), `${length}`).toThrow(UnusableReportError);
    for (let at = 0; at < whole.byteLength; at += 1) {
      const other = Buffer.from(whole);
      other.writeUInt8(other.readUInt8(at) ^ 1, at);
      expect(() => readReport(other), `${at}`).toThrow(UnusableReportError);
    }
  });

  test('of a later version is refused with the reason', () => {
    const later = reportText({ ...header, version: 2 as 1 }, []);
    expect(() => readReport(later)).toThrow('was written by a later longshore');
  });

  test.each([
    ['another object', '{"a":1}'],
    ['no JSON', 'proven'],
    ['no name', '{"outcome":"proven","atMs":1}'],
    ['a name without a UTF-8 form', '{"name":"\\ud800","outcome":"proven","atMs":1}'],
    ['an unknown outcome', '{"name":"a","outcome":"fine","atMs":1}'],
    ['no time', '{"name":"a","outcome":"proven","atMs":"now"}'],
    ['half a millisecond', '{"name":"a","outcome":"proven","atMs":1.5}'],
    ['a version without a digest', '{"name":"a","outcome":"proven","atMs":1,"version":{"size":1}}'],
    ['an array', '[]'],
    ['null', 'null'],
  ])('gives nothing in the place of a line that is %s', (_, text) => {
    const report = readReport(reportText(header, [`${text}\n`, lineText(line('b'))]));
    expect([...report.lines()]).toEqual([undefined, line('b')]);
  });
});

describe('a file of reports', () => {
  test('is taken apart into them, however its bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(anyLine, { maxLength: 4 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 200 }),
        async (reports, size) => {
          const texts = reports.map(textOf);
          const found: Buffer[] = [];
          for await (const text of reportsIn(inChunks(Buffer.concat(texts), size)))
            found.push(text);
          expect(found.map(String)).toEqual(texts.map(String));
        },
      ),
    );
  });

  test('that is torn gives the whole ones, and then a rest that is none', async () => {
    const bytes = Buffer.concat([textOf([line('a')]), textOf([line('b')]).subarray(0, -9)]);
    const found: Buffer[] = [];
    for await (const text of reportsIn(inChunks(bytes, 64))) found.push(text);
    expect(found).toHaveLength(2);
    expect([...readReport(found[0] ?? Buffer.alloc(0)).lines()]).toEqual([line('a')]);
    expect(() => readReport(found[1] ?? Buffer.alloc(0))).toThrow(UnusableReportError);
  });
});
