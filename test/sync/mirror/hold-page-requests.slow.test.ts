import { linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { GuardRule } from '../../../src/sync/guard-rule.js';
import type { MissingName } from '../../../src/sync/scan/compare.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

const guard: GuardRule = { count: 10, share: 1, atLeast: 0, windowMs: 3_600_000 };
const names = (amount: number) => Array.from({ length: amount }, (_, at) => `folder/f${at}`);

/** A mirror with a holding guard: `amount` files of a folder are gone, and a file outside of it is there. */
async function holding(amount: number): Promise<MirrorFixture> {
  const fixture = await openMirrorFixture({ mirror: { guard } });
  for (const name of names(amount)) fixture.write(name, `content of ${name}`);
  fixture.write('kept');
  await fixture.run('reconcile');
  rmSync(join(fixture.mirror.settings.source, 'folder'), { recursive: true });
  return fixture;
}

/** What the page leaves to jobs. */
async function left(
  { mirror }: MirrorFixture,
  page: readonly MissingName[],
): Promise<readonly string[]> {
  const run = mirror.runs.begin(mirror.parts.index);
  const others = await mirror.holdPage(page, run, mirror.parts.clock.monotonic());
  mirror.runs.end(run);
  return others.map(({ name }) => name);
}

const missing = (...all: readonly string[]): readonly MissingName[] =>
  all.map((name) => ({ name, remote: 'unknown' }));

test('P4: deletes beyond the guard: are held by pages, without a job each', async () => {
  const fixture = await holding(1_100);
  const { queue, index } = fixture.mirror.parts;
  const { add } = queue;
  let jobs = 0;
  Object.assign(queue, {
    add(job: Parameters<typeof add>[0]) {
      jobs += 1;
      return add(job);
    },
  });
  const { report } = await fixture.run('scan');
  expect(report).toMatchObject({ held: 1_100, deleted: 0, failed: 0, skipped: 0 });
  expect(jobs).toBe(0);
  expect(names(1_100).every((name) => index.get(name)?.guarded === 'delete-held')).toBe(true);
  expect(fixture.mirror.status(null)).toMatchObject({ held: 1_100, queued: 0 });
  expect(fixture.events.filter(({ event }) => event === 'held')).toHaveLength(1_100);
  expect(fixture.faults.calls.filter((call) => call.startsWith('delete'))).toEqual([]);
  expect((await fixture.run('scan')).report).toMatchObject({ held: 1_100, deleted: 0 });
  expect(jobs).toBe(0);
});

test('P4: a page of held deletes: leaves to a job whatever may need more than a refusal', async () => {
  const amount = 30;
  const fixture = await holding(amount);
  const { mirror, write } = fixture;
  const { index } = mirror.parts;
  const before = Object.fromEntries(names(amount).map((name) => [name, index.get(name)]));
  await fixture.run('scan');
  for (const [name, record] of Object.entries(before)) if (record) await index.put(name, record);
  const { source } = mirror.settings;
  const decided = async (
    at: number,
    guarded: 'rejected' | 'delete-approved' | 'overwrite-held',
  ) => {
    const record = index.get(`folder/f${at}`);
    if (record) await index.put(`folder/f${at}`, { ...record, guarded });
  };
  write('folder/f0', 'it is back');
  write('folder/sub/.longshoreignore', '');
  write('folder/.longshoreignore', 'f1');
  await decided(2, 'rejected');
  await decided(3, 'delete-approved');
  await decided(4, 'overwrite-held');
  const sending = index.get('folder/f5');
  if (sending) await index.put('folder/f5', { ...sending, state: 'sending' });
  mirror.pending.add('folder/f6', null);
  await index.remove('folder/f7');
  // The inode of the missing file is that of a file that was seen elsewhere.
  const seen = index.get('folder/f8');
  const kept = mirror.source.stat('kept');
  if (seen && kept.found === 'entry')
    await index.put('folder/f8', { ...seen, inode: kept.entry.inode });
  linkSync(join(source, 'kept'), join(source, 'other'));
  const page = [...missing(...names(10)), { name: 'folder/f10', remote: 'absent' as const }];
  expect(await left(fixture, page)).toEqual([...names(9), 'folder/f10']);
  expect(index.get('folder/f9')?.guarded).toBe('delete-held');
  expect(index.get('folder/f2')?.guarded).toBe('rejected');
  mirror.pending.settled('folder/f6');
});

test('P4: a page of held deletes: holds nothing while the guard is open, or the source is not the one that was mirrored', async () => {
  const fixture = await holding(30);
  const { mirror } = fixture;
  const { index } = mirror.parts;
  expect(await left(fixture, missing('folder/f0'))).toEqual(['folder/f0']);
  const record = index.get('folder/f0');
  await fixture.run('scan');
  if (record) await index.put('folder/f0', record);
  const { source } = mirror.settings;
  renameSync(source, `${source}-away`);
  expect(await left(fixture, missing('folder/f0'))).toEqual(['folder/f0']);
  renameSync(`${source}-away`, source);
  expect(await left(fixture, missing('folder/f0'))).toEqual([]);
});
