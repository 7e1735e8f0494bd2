import { expect, test } from 'vitest';
import { formatStatus } from '../../src/status/format.js';
import type { DaemonStatus, LastReload } from '../../src/status/snapshot.js';
import { formatStatusLine } from '../../src/status/status-line.js';
import type { MirrorStatus } from '../../src/sync/events.js';
import { daemonStatus, mirrorStatus, report, targetStatus } from './statuses.js';

const NOW = 1_800_000_000_000;
const at = (status: Partial<DaemonStatus>) =>
  formatStatus(daemonStatus({ startedAtMs: NOW - 3_725_000, ...status }), NOW);
const of = (mirror: Partial<MirrorStatus>) => at({ mirrors: [mirrorStatus(mirror)] });

test('status: shows what was read back, and what is damaged', () => {
  const proofs = {
    objects: 2_000,
    bytes: 2 ** 33,
    verifiedObjects: 1_998,
    verifiedBytes: 2 ** 33,
    neverVerified: 0,
    oldestProofMs: NOW - 3 * 86_400_000,
    bytesByAge: { within7d: 1, within30d: 0, older: 0, never: 0 },
    oldestUnverified: null,
  };
  const verify = {
    withinSeconds: 30 * 86_400,
    bytesPerSecond: 2 ** 21,
    proofs,
    damaged: [{ name: 'a\nb', problem: 'missing' as const, sinceMs: NOW - 60_000 }],
    damagedObjects: 3,
    unreadable: 1,
    neededBytesPerSecond: 2 ** 22,
  };
  const text = of({ verify });
  expect(text).toMatch(/verified +99.9 % of 2,000 objects within 30 d, the oldest 3 d ago/);
  expect(text).toContain('the bandwidth is too small: it would take 4.0 MiB/s');
  expect(text).toMatch(/damaged +"a\\nb": missing, found 1 min ago/);
  expect(text).toContain('and 2 more');
  expect(text).toContain('1 object could not be read');
  expect(of({ verify: { ...verify, proofs: null } })).toMatch(/verified +not known yet/);
  expect(of({ verify: { ...verify, proofs: { ...proofs, neverVerified: 7 } } })).toContain(
    'within 30 d, 7 never',
  );
  expect(of({})).not.toContain('verified');
});

test('status: shows all of a quiet and of a busy mirror', () => {
  const busy = mirrorStatus({
    mirror: 'photos',
    state: 'transferring',
    why: 'first reconcile',
    prefix: 'laptop/',
    objects: 1_234_567,
    queued: 2_000,
    running: [{ job: 'upload_object', name: 'a b.raw', bytes: 12_582_912, seconds: 3.2 }],
    retrying: 1,
    quarantined: [
      {
        name: 'bad.raw',
        reason: 'hash-mismatch',
        error: 'HTTP 400: BadDigest',
        attempts: 5,
        sinceMs: NOW - 60_000,
        nextTryMs: NOW + 300_000,
      },
    ],
    skipped: { unreadable: 2, 'special-file': 1 },
    held: 7,
    lease: { held: true, fence: 3, renewedAtMs: NOW - 40_000 },
    lagSeconds: 75,
    watch: {
      engine: 'directories',
      directories: 12_000,
      degraded: [{ under: 'deep', why: 'raise the limit' }],
      losses: 2,
    },
    lastScan: report({
      startedAtMs: NOW - 185_000,
      seconds: 5,
      scanned: 1_500,
      uploaded: 3,
      bytes: 2_048,
      failed: 1,
    }),
    totals: { uploaded: 9, copied: 1, deleted: 2, failed: 3, bytes: 1_500 },
  });
  expect(at({ mirrors: [mirrorStatus(), busy] })).toBe(
    `longshore 0.1.0, pid 4711, up 1 h 2 min, /etc/longshore/longshore.yaml

MIRROR     STATE              LAG  QUEUED  RUNNING  RETRYING  QUARANTINED  HELD  SKIPPED    OBJECTS
documents  in-sync              0 s       0        0         0            0     0        0         12
photos     transferring  1 min 15 s   2,000        1         1            1     7        3  1,234,567

documents: in-sync
  from            /home/ann/documents
  to              vault:documents/
  watch           chokidar, 3 folders
  last scan       never
  last reconcile  never
  since start     nothing to do

photos: transferring
  from            /home/ann/documents
  to              vault:documents/laptop/
  why             first reconcile
  watch           directories, 12,000 folders, events may have been lost 2 times (scanned again each time)
  degraded        deep: raise the limit
  lease           held, last renewal 40 s ago; its holder changed 2 times
  last scan       3 min ago, took 5 s: 1,500 scanned, 3 uploaded (2.0 KiB), 1 failed
  last reconcile  never
  since start     9 uploaded (1.5 KiB), 1 copied, 2 deleted, 3 failed
  upload_object   a b.raw (12 MiB, 3 s)
  quarantined     bad.raw: hash-mismatch after 5 attempts: HTTP 400: BadDigest; tried again in 5 min, or when it changes
  skipped         2 unreadable
  skipped         1 special-file
`.replace('LAG', '       LAG'.slice(5)),
  );
});

test('status: says what happens to extraneous objects that are not deleted', () => {
  expect(of({})).not.toMatch(/^ +deletes/m);
  expect(of({ deletes: 'trash' })).toMatch(
    /^ +deletes +objects whose files are gone go to the trash/m,
  );
  const kept = of({ deletes: 'keep', lastReconcile: report({ scanned: 5, kept: 3 }) });
  expect(kept).toMatch(/^ +deletes +objects whose files are gone are kept/m);
  expect(kept).toMatch(/5 scanned, 3 kept without a file/);
});

test('status: shows held changes with the commands that decide about them', () => {
  const text = of({
    held: 1_200,
    heldWhy: '1200 changes that destroy something',
    heldSinceMs: NOW - 60_000,
  });
  expect(text).toContain(
    'held            1,200 changes for 1 min, until an operator decides: longshore held documents',
  );
  expect(text).toContain('because of 1200 changes that destroy something');
});

test('status: escapes control characters of names', () => {
  const evil = 'x\u001b[2J\ny';
  const text = of({
    running: [{ job: 'upload_object', name: evil, bytes: 1, seconds: 0 }],
    quarantined: [
      { name: evil, reason: 'refused', error: evil, attempts: 1, sinceMs: NOW, nextTryMs: null },
    ],
    watch: { engine: 'scan', directories: 0, degraded: [{ under: evil, why: evil }], losses: 0 },
    why: evil,
    source: evil,
  });
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  expect(text.match(/"x\\u001b\[2J\\ny"/g), 'names').toHaveLength(4);
  expect(text.match(/x\\u001b\[2J\\u000ay/g), 'sentences').toHaveLength(3);
});

test('status: cuts a long list and counts the rest', () => {
  const running = Array.from({ length: 1_025 }, (_, i) => ({
    job: 'upload_object' as const,
    name: `f${i}`,
    bytes: 1,
    seconds: 0,
  }));
  expect(of({ running })).toContain('and 1,005 more');
});

test('status: a count of one has a singular noun', () => {
  const quarantined = [
    { name: 'a', reason: 'refused', error: 'no', attempts: 1, sinceMs: NOW, nextTryMs: null },
  ];
  const text = of({
    quarantined,
    watch: { engine: 'chokidar', directories: 1, degraded: [], losses: 1 },
  });
  expect(text).toContain('chokidar, 1 folder, events may have been lost 1 time (');
  expect(text).toContain('a: refused after 1 attempt: no');
});

test('status: shows no negative time after the clock was set back', () => {
  expect(of({ lastScan: report({ startedAtMs: NOW + 60_000, seconds: 1 }) })).toContain(
    'last scan       0 s ago',
  );
});

test('status: says that there are no mirrors', () => {
  expect(at({ mirrors: [] })).toContain('pid 4711');
  expect(formatStatusLine(daemonStatus({ mirrors: [] }))).toBe('0 mirrors: none');
});

test('status: one line counts the mirrors by state, without zeros', () => {
  expect(formatStatusLine(daemonStatus({ mirrors: [mirrorStatus({})] }))).toBe(
    '1 mirror: 1 in-sync',
  );
  const busy = mirrorStatus({
    state: 'transferring',
    queued: 11,
    held: 2,
    lagSeconds: 3,
    retrying: 4,
  });
  expect(formatStatusLine(daemonStatus({ mirrors: [mirrorStatus({}), busy] }))).toBe(
    '2 mirrors: 1 in-sync, 1 transferring; lag 3 s; 11 queued; 4 retrying; 2 held',
  );
});

test('status: a lease that is renewed only while something is written is held, however old its last renewal is', () => {
  const idle = mirrorStatus({
    lease: { held: true, fence: 1, renewedAtMs: NOW - 3_600_000, renewsWhenUsed: true },
  });
  expect(at({ mirrors: [idle] })).toMatch(
    /lease +held, last renewal 1 h .*ago \(renewed only while something is written\)$/m,
  );
});

test('status: shows the calls to each target in the last minute', () => {
  const busy = targetStatus({
    target: 'a\nb',
    atOnce: { now: 4, most: 16 },
    lastMinute: {
      calls: 1_204,
      failed: 7,
      throttled: 2,
      bytes: 4_300_000,
      waits: 12,
      waitSeconds: 75.2,
    },
  });
  const text = at({ targets: [targetStatus(), busy] });
  expect(text.slice(text.indexOf('TARGET'))).toBe(
    `TARGET  CALLS/MIN  FAILED  THROTTLED  CONTENT/MIN  AT ONCE                 WAITED
vault           0       0          0          0 B       16                    0 s
"a\\nb"      1,204       7          2      4.1 MiB  4 of 16  1 min 15 s (12 waits)
`,
  );
});

test('status: is shown of a daemon of an older version, which reports no targets', () => {
  const { targets: _, ...older } = daemonStatus();
  expect(formatStatus(older as DaemonStatus, NOW)).toContain('documents: in-sync');
});

test('status: says that a reload was refused or waits, and nothing of one that was carried out', () => {
  const mirrors = [mirrorStatus({})];
  const of = (outcome: LastReload['outcome'], why = '') => {
    const lastReload = { atMs: NOW - 90_000, outcome, why };
    const status = daemonStatus({ mirrors, lastReload });
    return { text: formatStatus(status, NOW), line: formatStatusLine(status) };
  };
  expect(of('refused', 'a.yaml:1:2  wrong\na.yaml:3:4  wrong')).toEqual({
    text: expect.stringContaining(
      'The reload of 1 min 30 s ago was refused: a.yaml:1:2  wrong\\u000aa.yaml:3:4  wrong\n',
    ),
    line: expect.stringMatching(/; the last reload was refused$/),
  });
  expect(of('announced', '2 objects')).toEqual({
    text: expect.stringContaining('waits for longshore reload --apply: 2 objects\n'),
    line: expect.stringMatching(/; a reload waits for --apply$/),
  });
  for (const outcome of ['done', 'unchanged'] as const) {
    expect(of(outcome).text).not.toContain('reload');
    expect(of(outcome).line).not.toContain('reload');
  }
});
