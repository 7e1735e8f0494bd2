import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openFake, placeOf } from '../drivers/b2/open.js';
import { call, randomContent } from '../drivers/conformance/fixture.js';
import { type FakeB2, startFakeB2 } from '../fakes/b2/server.js';
import { LOGIN_PAGE } from '../fakes/scripted-faults.js';
import { eventually } from '../world/eventually.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

const PART = 10_000_000;

let fake: FakeB2;
beforeEach(async () => {
  fake = await startFakeB2();
});
afterEach(async () => {
  await fake.close();
  fake.faults.assertUsedUp();
});

function openMirror(nodeOptions: readonly string[] = []): RemoteMirror {
  const direct = openFake(fake, { hard_delete: true });
  onTestFinished(() => direct.close());
  const settings = { timeout: '20s', multipart_threshold: '12MiB' };
  return openRemoteMirror({
    target: { driver: 'backblaze_b2', ...placeOf(fake.origin), ...settings },
    direct,
    // Without a lease, whose uploads would meet faults that are meant for others.
    mirror: '    rescan: 0\n    reconcile: 0\n    lease: 0\n',
    nodeOptions,
  });
}

/** Nothing is different, the records know it, and no upload is left. */
async function expectSettled(mirror: RemoteMirror): Promise<void> {
  expect(await mirror.differences()).toEqual([]);
  const again = await mirror.longshore('--reconcile', '--json');
  expect(again.code, again.stderr).toBe(0);
  expect(summaryOf(again)).toMatchObject({ uploaded: 0, copied: 0, deleted: 0, failed: 0 });
  const backend = openFake(fake);
  const { multipart } = backend.capabilities;
  expect(await multipart!.unfinished(mirror.container, '', call)).toEqual([]);
  await backend.close();
}

const busy = { kind: 'refuse', status: 503, code: 'service_unavailable' } as const;
const ended = { kind: 'refuse', status: 401, code: 'expired_auth_token' } as const;
const throttled = { ...busy, status: 429, headers: { 'retry-after': '0' } } as const;

describe('a mirror over a failing Backblaze B2', { timeout: 180_000 }, () => {
  test('P1, P2: small files arrive in spite of busy pods, broken connections, forged answers and flipped bits', async () => {
    const mirror = openMirror();
    mkdirSync(join(mirror.source, 'folder'));
    for (let at = 0; at < 12; at += 1)
      writeFileSync(join(mirror.source, 'folder', `f${at}`), randomContent(3000));
    const { faults } = fake;
    faults.next('b2_authorize_account', busy);
    faults.next('b2_get_upload_url', throttled);
    for (const fault of [
      busy,
      ended,
      throttled,
      { kind: 'reset', afterBytes: 100 },
      { kind: 'lose-answer' },
      { kind: 'flip', at: 7 },
      { kind: 'wrong-etag' },
      LOGIN_PAGE,
      { ...LOGIN_PAGE, done: true },
    ] as const)
      faults.next('b2_upload_file', fault);
    faults.next('b2_list_file_names', { kind: 'truncate', afterBytes: 1 });
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(faults.left).toBe(0);
    await expectSettled(mirror);
  });

  test('P1: deletes and renames go through in spite of lost and forged answers', async () => {
    const mirror = openMirror();
    for (const name of ['a', 'b', 'c', 'd']) mirror.write(name);
    expect((await mirror.longshore('--reconcile')).code).toBe(0);
    for (const name of ['a', 'b']) rmSync(join(mirror.source, name));
    fake.faults.next('b2_hide_file', { kind: 'lose-answer' });
    fake.faults.next('b2_hide_file', LOGIN_PAGE);
    fake.faults.next('b2_hide_file', busy);
    const run = await mirror.longshore('scan', '--json');
    expect(run.code, run.stderr).toBe(0);
    await expectSettled(mirror);
  });

  test('P1, P2: large files arrive in spite of faults of each of their requests', async () => {
    const mirror = openMirror();
    for (const name of ['large', 'larger'])
      writeFileSync(join(mirror.source, name), randomContent(2 * PART + 5));
    const { faults } = fake;
    faults.next('b2_start_large_file', throttled);
    faults.next('b2_get_upload_part_url', throttled);
    for (const fault of [
      busy,
      ended,
      { kind: 'reset', afterBytes: 1000 },
      { kind: 'lose-answer' },
      { kind: 'flip', at: 7 },
      { kind: 'wrong-etag' },
      LOGIN_PAGE,
    ] as const)
      faults.next('b2_upload_part', fault);
    faults.next('b2_finish_large_file', { kind: 'lose-answer' });
    faults.next('b2_finish_large_file', LOGIN_PAGE);
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(faults.left).toBe(0);
    await expectSettled(mirror);
  });

  test('P5: a daemon after kill -9 in the middle of a large file sends only the missing parts', async () => {
    const mirror = openMirror();
    writeFileSync(join(mirror.source, 'film'), randomContent(5 * PART + 7));
    // The first part is two of B2's. Four of seven requests are answered, and the rest never is.
    fake.faults.next('b2_upload_part', undefined, 4);
    fake.faults.next('b2_upload_part', { kind: 'stall' }, 3);
    const daemon = mirror.daemon();
    await eventually(() => expect(fake.faults.left, daemon.stderr()).toBe(0), 120_000);
    daemon.kill('SIGKILL');
    await daemon.finished;
    const before = fake.count('b2_upload_part');
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(summaryOf(run)).toMatchObject({ uploaded: 1, failed: 0 });
    // Of the first part one half may have been there, and goes again.
    expect(fake.count('b2_upload_part')).toBeLessThanOrEqual(7 + 1);
    expect(before).toBe(4);
    expect(fake.count('b2_start_large_file')).toBe(1);
    await expectSettled(mirror);
  });

  test('P1: a machine whose clock is wrong mirrors, and its log says so', async () => {
    const shift = 'const now = Date.now; Date.now = () => now() - 1_200_000;';
    const mirror = openMirror(['--import', `data:text/javascript,${encodeURIComponent(shift)}`]);
    mirror.write('a');
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain('the clock of this machine differs');
  });
});
