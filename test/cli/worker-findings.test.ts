import { expect, test } from 'vitest';
import { clockFinding, leaseFinding, ofDaemon } from '../../src/cli/worker-findings.js';
import { ObjectAccessDeniedError } from '../../src/drivers/errors.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { createMemoryStore } from '../../src/drivers/memory/store.js';
import { settingsDigest } from '../../src/scale/settings-digest.js';
import { proofOf } from '../../src/scale/source-proof.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { fakeClock } from '../fakes/clock.js';
import { faulty } from '../fakes/faulty-backend.js';
import { holder, openRig, REF } from '../lease/rig.js';
import { mirrorOf, targetOf } from '../reload/configurations.js';
import { temporaryFolder } from '../world/folder.js';

const never = NEVER_ABORTED;
const place = { container: REF.container, prefix: 'p/' };
const epoch = { session: 's', fence: 1 };

async function world() {
  const mirror = mirrorOf({ source: temporaryFolder('source') });
  const target = targetOf();
  const facts = {
    settings: settingsDigest(mirror, target),
    epoch,
    source: await proofOf(mirror.source),
  };
  return { mirror, target, facts };
}

const problems = (findings: readonly { readonly problem?: string | undefined }[]) =>
  findings.map(({ problem }) => problem);

test('check --worker: the daemon of the same settings and source is found', async () => {
  const { mirror, target, facts } = await world();
  const found = await ofDaemon(
    { owner: 'nas1, pid 17', facts },
    'nas1',
    mirror,
    target,
    NEVER_ABORTED,
  );
  expect(problems(found)).toEqual([undefined, undefined, undefined]);
  expect(found[0]).toMatchObject({ found: 'nas1, pid 17' });
});

test('check --worker: names what is other than with the daemon', async () => {
  const { mirror, target, facts } = await world();
  const other = { ...mirror, metadata: ['mtime' as const], source: temporaryFolder('other') };
  expect(
    problems(await ofDaemon({ owner: 'd', facts }, 'nas1', other, target, NEVER_ABORTED)),
  ).toEqual([
    undefined,
    'these differ: symlinks, folders, hardlinks and metadata. Give both the same configuration',
    expect.stringContaining('is another folder'),
  ]);
  const none = await ofDaemon({ owner: undefined, facts }, 'nas1', mirror, target, NEVER_ABORTED);
  expect(problems(none)).toEqual([expect.stringContaining('there is none: start it')]);
  const idle = await ofDaemon(
    { owner: 'd', facts: undefined },
    'nas1',
    mirror,
    target,
    NEVER_ABORTED,
  );
  expect(problems(idle)).toEqual([undefined, expect.stringContaining('not now')]);
});

test('check --worker: the lease says whose it is, and why it allows no workers', async () => {
  const { lease, storage, put, document } = await openRig();
  const find = async (session?: string) => {
    const facts =
      session === undefined
        ? undefined
        : { ...(await world()).facts, epoch: { session, fence: 1 } };
    return leaseFinding(storage, place, { owner: 'd', facts }, never);
  };
  expect((await find()).problem).toContain('there is none');
  const without = lease(holder('a'));
  await without.acquire(never);
  expect((await find()).problem).toContain('has no workers: set workers: true');
  await without.release();
  expect((await find()).problem).toContain('the daemon is stopped');
  const held = lease(holder('a'), { workersTrustMs: () => 30_000 });
  await held.acquire(never);
  const { session } = (await document()) as { session: string };
  const good = await find(session);
  expect(good.problem).toBeUndefined();
  expect(good.found).toContain('mirror m on host a');
  expect((await find('another')).problem).toContain('not of the daemon of this queue');
  await put('{"format":"longshore lease","version":3}');
  expect((await find()).problem).toContain('upgrade this machine');
});

test('check --worker: the clock may be a minute off that of the provider, and no trace is left', async () => {
  const clock = fakeClock();
  const storage = memoryBackend({ store: createMemoryStore(clock) });
  await storage.createContainer(place.container, { signal: never });
  const at = (aheadMs: number) =>
    clockFinding(storage, place, { now: () => clock.now() + aheadMs }, never);
  for (const aheadMs of [0, 60_000, -60_000]) expect((await at(aheadMs)).problem).toBeUndefined();
  for (const aheadMs of [60_001, -60_001])
    expect((await at(aheadMs)).problem).toBe(
      'they differ by 60 s: set the clock of this machine by NTP',
    );
  const { items } = await storage.listObjects(place.container, '', {}, { signal: never });
  expect(items).toEqual([]);
});

test('check --worker: a right that is missing is a finding, and ends nothing', async () => {
  const { storage } = await openRig();
  const { backend, faults } = faulty(storage);
  const denied = () => new ObjectAccessDeniedError('k', 'access denied', { driver: 'memory' });
  faults.next('headObject', denied());
  faults.next('putObject', denied());
  expect((await leaseFinding(backend, place, undefined, never)).problem).toContain('access denied');
  const clock = await clockFinding(backend, place, fakeClock(), never);
  expect(clock.problem).toContain('access denied');
});
