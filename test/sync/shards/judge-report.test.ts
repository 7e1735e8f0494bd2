import { expect, test } from 'vitest';
import type { ObjectRecord } from '../../../src/state/object-index.js';
import { versionOf } from '../../../src/sync/proof/prove.js';
import { judgeLine, refuseForeign } from '../../../src/sync/shards/judge-report.js';
import type { ReportLine } from '../../../src/sync/shards/report-format.js';
import { record } from '../../state/fixtures.js';

const NOW = 1_800_000_000_000;
const HASHED = NOW - 3_600_000;
const MINUTE = 60_000;

const known: ObjectRecord = record({ hashedAtMs: HASHED, etag: '"e"', size: 5 });
const { provenAtMs: _, ...unproven } = known;
const line = (given: Partial<ReportLine> = {}): ReportLine => ({
  name: 'a',
  outcome: 'proven',
  atMs: NOW - MINUTE,
  version: versionOf(unproven),
  ...given,
});
const worth = (given: Partial<ReportLine>, of: ObjectRecord | undefined = unproven) =>
  judgeLine(line(given), of, NOW);

test('a line of a report is a proof only of the very version that is recorded, of a time that can be', () => {
  expect(worth({})).toEqual({ kind: 'proof', atMs: NOW - MINUTE });
  const outdated = { kind: 'outdated' };
  expect(judgeLine(line(), undefined, NOW), 'an unknown name').toEqual(outdated);
  expect(worth({}, { ...unproven, state: 'sending' }), 'a mark').toEqual(outdated);
  for (const other of [
    { size: 6 },
    { md5: '0'.repeat(32) },
    { md5Parts: '0'.repeat(32) },
    { etag: '"other"' },
    { versionId: 'v' },
  ])
    expect(worth({ version: { ...versionOf(unproven), ...other } }), JSON.stringify(other)).toEqual(
      outdated,
    );
  expect(worth({ version: undefined }), 'no version').toEqual(outdated);
  expect(worth({ atMs: HASHED - 1 }), 'before the record').toEqual(outdated);
  expect(worth({ atMs: NOW + 6 * MINUTE }), 'in the future').toEqual(outdated);
  expect(worth({ atMs: NOW + MINUTE }), 'by a clock that is ahead').toEqual({
    kind: 'proof',
    atMs: NOW,
  });
});

test('a line of a report replaces no later proof, but one of the future', () => {
  const proven = (provenAtMs: number) => ({ ...unproven, provenAtMs });
  expect(worth({}, proven(NOW - MINUTE))).toEqual({ kind: 'known' });
  expect(worth({}, proven(NOW))).toEqual({ kind: 'known' });
  expect(worth({}, proven(NOW - 2 * MINUTE))).toEqual({ kind: 'proof', atMs: NOW - MINUTE });
  expect(worth({}, proven(NOW + 1))).toEqual({ kind: 'proof', atMs: NOW - MINUTE });
});

test('a doubt counts also without a version, and of no other one than the recorded', () => {
  for (const outcome of ['damaged', 'changed', 'gone'] as const) {
    expect(worth({ outcome })).toEqual({ kind: 'doubt' });
    expect(worth({ outcome, version: undefined })).toEqual({ kind: 'doubt' });
    const other = { ...versionOf(unproven), etag: '"other"' };
    expect(worth({ outcome, version: other })).toEqual({ kind: 'outdated' });
    expect(worth({ outcome, atMs: NOW + 6 * MINUTE })).toEqual({ kind: 'outdated' });
  }
});

test('a report of another mirror, container or prefix is refused', () => {
  const ours = { name: 'documents', container: 'c', prefix: 'p/' };
  const header = { mirror: 'documents', container: 'c', prefix: 'p/' };
  expect(() => refuseForeign(header, ours)).not.toThrow();
  expect(() => refuseForeign({ ...header, mirror: 'photos' }, ours)).toThrow('of the mirror');
  expect(() => refuseForeign({ ...header, container: 'd' }, ours)).toThrow('of another place');
  expect(() => refuseForeign({ ...header, prefix: '' }, ours)).toThrow('of another place');
});
