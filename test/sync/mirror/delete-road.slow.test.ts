import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GuardRule } from '../../../src/sync/guard-rule.js';
import type { Job } from '../../../src/sync/work/job.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

const FILES = 40;
const lenient: GuardRule = { count: 1_000, share: 1, atLeast: 0, windowMs: 3_600_000 };
const strict: GuardRule = { count: 10, share: 1, atLeast: 0, windowMs: 3_600_000 };

/** A mirrored folder of files, and others beside it. `alone`: each delete runs alone. */
async function mirrored(guard: GuardRule | undefined, alone = false): Promise<MirrorFixture> {
  const fixture = await openMirrorFixture({
    mirror: { guard, extraneous: 'delete' },
    ...(alone && { carry: (job: Job) => job }),
  });
  for (let at = 0; at < FILES; at += 1) fixture.write(`folder/${at}`);
  fixture.write('kept');
  await fixture.run('reconcile');
  return fixture;
}

/** Names of the folder's jobs that ran alone. One of the file beside it may: a fresh record is proven by a second look. */
function jobsAlone({ mirror }: MirrorFixture): string[] {
  const names: string[] = [];
  const run = async (job: Job) => {
    if (job.name !== 'kept') names.push(job.name);
    await mirror.run(job);
  };
  const { runTogether, dropped } = mirror;
  mirror.parts.queue.start({ run, runTogether, dropped });
  return names;
}

describe('deletes of one moment', () => {
  test('are made with one question to the guard, one request and one commit, and none runs alone', async () => {
    const fixture = await mirrored(lenient);
    const { mirror, run, faults, objects } = fixture;
    const alone = jobsAlone(fixture);
    const asked: number[] = [];
    const { guard } = mirror.parts;
    const { askTogether } = guard;
    guard.askTogether = (deletes) => {
      asked.push(deletes);
      return askTogether(deletes);
    };
    fixture.remove('folder');
    const before = faults.calls.length;
    expect((await run('scan')).report).toMatchObject({ deleted: FILES, failed: 0, held: 0 });
    expect([asked, alone]).toEqual([[FILES], []]);
    expect(faults.calls.slice(before).filter((call) => call.startsWith('delete'))).toEqual([
      'deleteObjects',
    ]);
    expect(await objects()).toEqual({ 'p/kept': 'kept' });
    expect([...mirror.parts.index.entries()].map(([name]) => name)).toEqual(['kept']);
    expect(fixture.events.filter(({ event }) => event === 'done')).toHaveLength(2 * FILES + 1);
  });

  test('P4: a file that comes back while the guard is asked is kept, and its delete does not count', async () => {
    const fixture = await mirrored(lenient);
    const { mirror, run, write, objects } = fixture;
    const { guard } = mirror.parts;
    const { askTogether } = guard;
    const refunds: number[] = [];
    guard.askTogether = async (deletes) => {
      const permit = await askTogether(deletes);
      write('folder/7', 'it is back');
      return (
        permit && {
          refund(left) {
            refunds.push(left);
            return permit.refund(left);
          },
        }
      );
    };
    fixture.remove('folder');
    expect((await run('scan')).report).toMatchObject({ deleted: FILES - 1 });
    expect(refunds).toEqual([1]);
    await run('scan');
    expect(await objects()).toEqual({ 'p/kept': 'kept', 'p/folder/7': 'it is back' });
  });

  test('P4: more than the guard lets pass are held, as if each had asked for itself', async () => {
    const fixture = await mirrored(strict);
    fixture.remove('folder');
    fixture.mirror.parts.queue.pause();
    const names = Array.from({ length: FILES }, (_, at) => `folder/${at}`);
    await fixture.mirror.intake.seeTo(names, 0, null);
    fixture.mirror.parts.queue.resume();
    await fixture.mirror.pending.whenEmpty(new AbortController().signal);
    expect(fixture.mirror.parts.guard.held.deletes).toBe(FILES - strict.count);
    expect(Object.keys(await fixture.objects())).toHaveLength(FILES - strict.count + 1);
  });

  test('P4: end as those that run alone, whatever is special about some of them', async () => {
    const ends = await Promise.all(
      [false, true].map(async (alone) => {
        const fixture = await mirrored(lenient, alone);
        const { mirror, storage, faults, run, write } = fixture;
        const { index } = mirror.parts;
        const source = mirror.settings.source;
        const change = async (name: string, changes: object) => {
          const record = index.get(name);
          if (record) await index.put(name, { ...record, ...changes });
        };
        await change('folder/0', { guarded: 'rejected' });
        await change('folder/1', { guarded: 'delete-approved' });
        await change('folder/3', { state: 'sending' });
        const call = { signal: new AbortController().signal };
        await storage.deleteObject({ container: 'c', key: 'p/folder/4' }, call);
        renameSync(join(source, 'folder/5'), join(source, 'moved'));
        for (let at = 0; at < FILES; at += 1) rmSync(join(source, `folder/${at}`), { force: true });
        write('folder/6/below', 'a folder now');
        await fixture.mirror.parts.index.flush();
        const { report } = await run('reconcile');
        faults.assertUsedUp();
        const { deleted, held, failed, skipped } = report;
        const left = [...index.entries()].map(([name, { state, guarded }]) => [
          name,
          state,
          guarded,
        ]);
        return {
          objects: await fixture.objects(),
          left,
          counts: { deleted, held, failed, skipped },
        };
      }),
    );
    expect(ends[0]).toEqual(ends[1]);
    expect(ends[0]?.objects).toMatchObject({ 'p/moved': 'folder/5', 'p/folder/0': 'folder/0' });
  });

  test('P1: of those that the provider refuses each is tried again alone', async () => {
    const fixture = await openMirrorFixture({
      wrap: (backend) => {
        const { batchDelete } = backend.capabilities;
        if (batchDelete === undefined) throw new Error('the backend has no batch delete');
        let refusals = 2;
        return {
          ...backend,
          capabilities: {
            ...backend.capabilities,
            batchDelete: {
              ...batchDelete,
              async deleteObjects(container, keys, call) {
                const refused = keys.filter((key) => key.endsWith('/7') && refusals-- > 0);
                const others = keys.filter((key) => !refused.includes(key));
                const failed = await batchDelete.deleteObjects(container, others, call);
                return new Map([
                  ...failed,
                  ...refused.map((key) => [key, new Error('no')] as const),
                ]);
              },
            },
          },
        };
      },
    });
    for (let at = 0; at < FILES; at += 1) fixture.write(`folder/${at}`);
    fixture.write('kept');
    await fixture.run('reconcile');
    const alone = jobsAlone(fixture);
    fixture.remove('folder');
    expect((await fixture.run('scan')).report).toMatchObject({ deleted: FILES, failed: 0 });
    expect(new Set(alone)).toEqual(new Set(['folder/7']));
    expect(await fixture.objects()).toEqual({ 'p/kept': 'kept' });
  });
});

test('P1: a renamed folder: its objects are copied, then the old names go together', async () => {
  const { faults, run, write, mirror, objects } = await openMirrorFixture();
  for (let at = 0; at < FILES; at += 1) write(`folder/${at}`);
  await run('reconcile');
  renameSync(join(mirror.settings.source, 'folder'), join(mirror.settings.source, 'moved'));
  const before = faults.calls.length;
  expect((await run('scan')).report).toMatchObject({ deleted: FILES, failed: 0 });
  const changes = faults.calls.slice(before).filter((call) => /^(put|copy|delete)/.test(call));
  expect([...new Set(changes)]).toEqual(['copyObject', 'deleteObjects']);
  const moved = Array.from({ length: FILES }, (_, at) => [`p/moved/${at}`, `folder/${at}`]);
  expect(await objects()).toEqual(Object.fromEntries(moved));
});
