import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silentLogger } from '../../src/log.js';
import { carryOut } from '../../src/scale/carry-out.js';
import { DamagedColumnsError } from '../../src/scale/column-bytes.js';
import { openRemoteReadBack } from '../../src/scale/remote-read-back.js';
import { countWorkerAnswers } from '../../src/scale/worker-answers.js';
import { localReadBack, type RemoteReadBack } from '../../src/sync/proof/batch-read-back.js';
import { call } from '../drivers/conformance/fixture.js';
import { decay } from '../sync/mirror/decaying-backend.js';
import { eventually } from '../world/eventually.js';
import { openMirrorFixture } from '../world/mirror-in-process.js';
import { type JobFault, memoryDispatcher } from './memory-dispatcher.js';

const FILES = 20;
const root = { container: 'c', prefix: 'p/' };

const VERIFY = {
  withinMs: 86_400_000,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  by: 'daemon',
  heal: false,
  keepDamaged: false,
} as const;

/** A mirror of 20 objects that workers read back. `keysRead`: those that were read in all. */
async function openAsked() {
  const disks = decay();
  const keysRead: string[] = [];
  disks.onRead = (key) => void keysRead.push(key);
  const dispatcher = memoryDispatcher((job, signal) => {
    const readBack = localReadBack(
      { backend: fixture.mirror.parts.backend, clock: systemClock },
      root,
    );
    const effects = { send: () => Promise.reject(new Error('nothing is sent')) };
    return carryOut(job, { effects, isReserved: () => false, readBack }, signal);
  });
  const fixture = await openMirrorFixture({
    mirror: { verify: VERIFY },
    wrap: disks.wrap,
    remoteReadBack: openRemoteReadBack(dispatcher, 'm', countWorkerAnswers(silentLogger)),
  });
  for (let at = 0; at < FILES; at += 1) fixture.write(`f${at}`, `content ${at}`);
  await fixture.run('reconcile');
  const { askedVerify, scrub, parts } = fixture.mirror;
  if (scrub === undefined) throw new TypeError('the mirror has no scrub');
  const stop = new AbortController();
  const taken = askedVerify.take(stop.signal).catch((error: unknown) => error);
  let scrubbed: Promise<unknown> = Promise.resolve();
  onTestFinished(async () => {
    stop.abort(new Error('stopped'));
    await Promise.all([taken, scrubbed]);
  });
  return {
    ...fixture,
    disks,
    dispatcher,
    keysRead,
    proven: () => [...parts.index.entries()].filter(([, { provenAtMs }]) => provenAtMs).length,
    scrub,
    startScrub() {
      scrubbed = scrub.take(stop.signal).catch((error: unknown) => error);
    },
    found: () =>
      fixture.events.flatMap((each) =>
        each.event === 'damage-found' ? [[each.name, each.problem]] : [],
      ),
    async verify() {
      askedVerify.begin({ part: 1 });
      await eventually(() => expect(askedVerify.status()?.state).not.toBe('running'));
      return askedVerify.status();
    },
  };
}

test('P2: objects that a worker has proven are not read here, and their proofs are recorded', async () => {
  const { verify, dispatcher, keysRead, proven } = await openAsked();
  expect(await verify()).toMatchObject({ state: 'finished', objects: FILES, proven: FILES });
  expect(dispatcher.status().jobs.done).toBe(1);
  expect(keysRead).toHaveLength(FILES);
  expect(proven()).toBe(FILES);
});

test('P2: what a worker does not prove is read here, which says what is wrong with it', async () => {
  const { verify, disks, storage, proven } = await openAsked();
  disks.rot('p/f1');
  disks.stutter('p/f3');
  await storage.deleteObject({ container: 'c', key: 'p/f2' }, call);
  const status = await verify();
  expect(status).toMatchObject({ objects: FILES, proven: FILES - 2, wrongObjects: 2 });
  expect(status?.wrong.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: 'f1', problem: 'damaged' },
    { name: 'f2', problem: 'missing' },
  ]);
  expect(proven()).toBe(FILES - 2);
});

test('P2: a few large objects are worth a job, too', async () => {
  const { verify, write, remove, run, dispatcher } = await openAsked();
  for (const name of ['f1', 'f2']) write(name, 'x'.repeat(9 * 2 ** 20));
  for (let at = 3; at < FILES; at += 1) remove(`f${at}`);
  await run('reconcile');
  expect(await verify()).toMatchObject({ proven: 3, wrongObjects: 0 });
  expect(dispatcher.status().jobs.done).toBe(1);
});

test('P2: scrub: workers read what is due, and the proofs are recorded', async () => {
  const { scrub, startScrub, dispatcher, keysRead, proven } = await openAsked();
  startScrub();
  await eventually(() => expect(scrub.status().proofs?.verifiedObjects).toBe(FILES));
  expect(dispatcher.status().jobs.done).toBe(1);
  expect(keysRead).toHaveLength(FILES);
  expect(proven()).toBe(FILES);
});

test('P2: scrub: what a worker does not prove is read here, and reported', async () => {
  const { scrub, startScrub, dispatcher, disks, storage, found } = await openAsked();
  disks.rot('p/f1');
  disks.stutter('p/f3');
  await storage.deleteObject({ container: 'c', key: 'p/f2' }, call);
  startScrub();
  await eventually(() => expect(scrub.status().proofs?.verifiedObjects).toBe(FILES - 2));
  expect(dispatcher.status().jobs.done).toBe(1);
  expect(found().sort()).toEqual([
    ['f1', 'damaged'],
    ['f2', 'missing'],
  ]);
});

test('P2: scrub: all objects are read here while no worker is free, or the queue is away', async () => {
  const { scrub, startScrub, dispatcher, keysRead } = await openAsked();
  dispatcher.takeAtMost(0);
  startScrub();
  await eventually(() => expect(scrub.status().proofs?.verifiedObjects).toBe(FILES));
  expect(dispatcher.status().jobs.done).toBe(0);
  expect(keysRead).toHaveLength(FILES);
});

test.each<[string, JobFault]>([
  ['is away', 'away'],
  ['has an answer that is none', { forged: () => 'AAAA' }],
  ['has an answer to another order', { forged: (answer) => answer.replace(/.{8}$/, 'AAAAAAAA') }],
  [
    'has a worker that returns the job',
    { refused: { refusal: 'failed', detail: 'for the test', nothingBegun: false } },
  ],
])('all objects are read here when the queue %s', async (_, fault) => {
  const { verify, dispatcher, proven } = await openAsked();
  dispatcher.fail(fault);
  expect(await verify()).toMatchObject({ state: 'finished', proven: FILES, wrongObjects: 0 });
  expect(proven()).toBe(FILES);
});

test('all objects are read here while no worker is free, and a worker without a container refuses the job', async () => {
  const { verify, dispatcher, keysRead } = await openAsked();
  dispatcher.takeAtMost(0);
  expect(await verify()).toMatchObject({ proven: FILES });
  expect(dispatcher.status().jobs.done).toBe(0);
  expect(keysRead).toHaveLength(FILES);
  const effects = { send: () => Promise.reject(new Error('nothing is sent')) };
  const job = { kind: 'verify' as const, payload: '' };
  const refused = carryOut(job, { effects, isReserved: () => false }, call.signal);
  await expect(refused).rejects.toThrow(DamagedColumnsError);
});

test('a container that is gone is no proof of anything: the job fails as a whole', async () => {
  const { mirror, storage, dispatcher } = await openAsked();
  for (let at = 0; at < FILES; at += 1)
    await storage.deleteObject({ container: 'c', key: `p/f${at}` }, call);
  await storage.deleteContainer('c', call);
  const remote: RemoteReadBack = openRemoteReadBack(
    dispatcher,
    'm',
    countWorkerAnswers(silentLogger),
  );
  const md5 = mirror.parts.index.get('f1')?.md5;
  const objects = [{ name: 'f1', size: 9, md5, parts: undefined }];
  await expect(remote.readBack(objects, call.signal)).rejects.toThrow('does not exist');
});
