import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bytesBody } from '../../../src/drivers/body.js';
import { bookkeepingPut } from '../../../src/drivers/bookkeeping.js';
import { ObjectAccessDeniedError } from '../../../src/drivers/errors.js';
import { versionOf } from '../../../src/sync/proof/prove.js';
import {
  headerOf,
  lineText,
  type ReportLine,
  reportText,
} from '../../../src/sync/shards/report-format.js';
import { putReport } from '../../../src/sync/shards/report-objects.js';
import { call } from '../../drivers/conformance/fixture.js';
import { eventually } from '../../world/eventually.js';
import { openMirrorFixture } from '../../world/mirror-in-process.js';
import { decay } from './decaying-backend.js';

const DAY = 86_400_000;
const VERIFY = {
  withinMs: DAY,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  by: 'shards',
  heal: false,
  keepDamaged: false,
} as const;

const PLACE = { container: 'c', prefix: 'p/' };

/** A mirror of the files `a`, `b` and `c`, for which reports can be left. */
async function openReported() {
  const disks = decay();
  const fixture = await openMirrorFixture({
    mirror: { verify: VERIFY, indexSnapshot: { everyMs: DAY, ofSmall: true } },
    wrap: disks.wrap,
  });
  for (const name of ['a', 'b', 'c']) fixture.write(name, `content of ${name}`);
  await fixture.run('reconcile');
  const { mirror, storage, events } = fixture;
  const { index, settings } = mirror.parts;
  const recordOf = (name: string) => index.get(name) ?? expect.unreachable();
  const header = headerOf(
    {
      header: {
        format: 'longshore index snapshot',
        version: 1,
        mirror: settings.name,
        ...PLACE,
        epoch: null,
        madeAt: '2026-11-30T04:00:00.000Z',
        ledger: {},
      },
      digest: 'ab'.repeat(32),
    },
    { number: 1, of: 2 },
    'other-host',
  );
  const line = (name: string, given: Partial<ReportLine> = {}): ReportLine => ({
    name,
    outcome: 'proven',
    atMs: Date.now(),
    version: versionOf(recordOf(name)),
    ...given,
  });
  return {
    ...fixture,
    disks,
    line,
    header,
    proofOf: (name: string) => recordOf(name).provenAtMs,
    async leave(lines: readonly ReportLine[], of = header) {
      const compressed = gzipSync(reportText(of, lines.map(lineText)));
      return putReport(storage, PLACE, of, compressed, call.signal);
    },
    async put(key: string, content: Uint8Array) {
      await storage.putObject({ container: 'c', key }, bytesBody(content), bookkeepingPut(), call);
    },
    collect: () => mirror.reports.collect(call.signal),
    async waiting() {
      const page = await storage.listObjects('c', 'p/.longshore/verified/', {}, call);
      return page.items.map(({ key }) => key);
    },
    found: () =>
      events.flatMap((event) =>
        event.event === 'damage-found' ? [[event.name, event.problem]] : [],
      ),
    collected: () =>
      events.flatMap(({ mirror: _, ...event }) =>
        event.event === 'report-collected' ? [event] : [],
      ),
  };
}

test('P2: a report: what was proven is recorded with its time, and counts at once', async () => {
  const { mirror, leave, line, collect, proofOf, waiting, collected } = await openReported();
  const stop = new AbortController();
  const ended = mirror.scrub?.take(stop.signal).catch(() => {});
  await eventually(() => expect(mirror.scrub?.status().proofs?.neverVerified).toBe(3));
  const atMs = Date.now() - 1;
  const later = { ...line('b'), atMs };
  await leave([line('a', { atMs: atMs + 1 }), later]);
  await collect();
  expect([proofOf('a'), proofOf('b'), proofOf('c')]).toEqual([atMs + 1, atMs, undefined]);
  await eventually(() =>
    expect(mirror.scrub?.status().proofs).toMatchObject({
      verifiedObjects: 2,
      neverVerified: 1,
      oldestProofMs: atMs,
    }),
  );
  expect(collected()).toEqual([
    {
      event: 'report-collected',
      host: 'other-host',
      shard: '1/2',
      proven: 2,
      doubtful: 0,
      ignored: 0,
    },
  ]);
  expect(await waiting()).toEqual([]);
  stop.abort();
  await ended;
});

test('P2: a report proves nothing of names, versions and times that the index does not confirm', async () => {
  const { leave, line, collect, proofOf, collected } = await openReported();
  const version = { ...versionOf(line('a').version ?? expect.unreachable()), md5: 'f'.repeat(32) };
  await leave([
    line('a', { version }),
    line('b', { atMs: Date.now() + DAY }),
    line('c', { atMs: Date.now() - DAY }),
    { ...line('a'), name: 'd' },
    { ...line('a'), name: '../a' },
    { ...line('a'), name: '.longshore/lease' },
  ]);
  await collect();
  expect(['a', 'b', 'c'].map(proofOf)).toEqual([undefined, undefined, undefined]);
  expect(collected()).toMatchObject([{ proven: 0, doubtful: 0, ignored: 6 }]);
});

test('P2: what a report doubts loses its proof, and is damaged only if this process has seen it', async () => {
  const { mirror, disks, leave, line, collect, proofOf, found } = await openReported();
  await leave(['a', 'b', 'c'].map((name) => line(name)));
  await collect();
  expect(['a', 'b', 'c'].map(proofOf)).not.toContain(undefined);
  const before = Date.now();
  disks.rot('p/a');
  await leave([line('a', { outcome: 'damaged' }), line('b', { outcome: 'gone' })]);
  await collect();
  expect(proofOf('a')).toBeUndefined();
  expect(proofOf('b'), 'read by the daemon itself').toBeGreaterThanOrEqual(before);
  expect(found()).toEqual([['a', 'damaged']]);
  expect(mirror.status(null)).toMatchObject({
    damaged: [{ name: 'a', problem: 'damaged' }],
    lastReport: { proven: 0, doubtful: 2 },
  });
});

test('P2: what is no whole report of this mirror stays, is said once, and changes nothing', async () => {
  const { put, leave, line, header, collect, proofOf, waiting, collected } = await openReported();
  const whole = reportText(header, [lineText(line('a'))]);
  await put('p/.longshore/verified/text', Buffer.from('no gzip'));
  await put('p/.longshore/verified/torn', gzipSync(whole).subarray(0, -20));
  await put('p/.longshore/verified/short', gzipSync(whole.subarray(0, -10)));
  await put('p/.longshore/verified/long', gzipSync(Buffer.alloc(40 * 2 ** 20)));
  await put('p/.longshore/verified/empty', new Uint8Array());
  await leave([line('a')], { ...header, mirror: 'other' });
  await leave([line('a')], { ...header, container: 'other' });
  await leave([line('a')], { ...header, prefix: '' });
  await collect();
  await collect();
  expect(proofOf('a')).toBeUndefined();
  expect(await waiting()).toHaveLength(8);
  expect(collected()).toEqual([]);
});

test('P8: a report that cannot be read now is taken in later, and one that stays is not taken in again', async () => {
  const { faults, leave, line, collect, proofOf, waiting, collected } = await openReported();
  await leave([line('a')]);
  const denied = new ObjectAccessDeniedError('x', 'may not be', { driver: 'memory' });
  faults.next('readObject', denied);
  await collect();
  expect([proofOf('a'), collected()]).toEqual([undefined, []]);
  faults.next('deleteObject', denied);
  await collect();
  expect(proofOf('a')).toBeDefined();
  expect(await waiting()).toHaveLength(1);
  await collect();
  expect(collected()).toHaveLength(1);
});
