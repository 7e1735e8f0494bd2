import { expect, test } from 'vitest';
import { bytesBody } from '../../src/drivers/body.js';
import { ObjectDoesNotExistError, TargetUnavailableError } from '../../src/drivers/errors.js';
import { layered } from '../../src/drivers/layers/layer.js';
import { readClocks } from '../../src/lease/clock-reading.js';
import { JobFencedError } from '../../src/lease/errors.js';
import { fence } from '../../src/lease/fence.js';
import type { Lease } from '../../src/lease/lease.js';
import { leaseObject } from '../../src/lease/lease-object.js';
import { createLeaseWatch } from '../../src/lease/lease-watch.js';
import { silentLogger } from '../../src/log.js';
import { createJobPermit, permitLayer } from '../../src/scale/fenced-job.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { faulty } from '../fakes/faulty-backend.js';
import { holder, moving, openRig, PERIOD, REF } from '../lease/rig.js';

const call = { signal: NEVER_ABORTED };
const options = { contentType: 'x', metaData: {}, headers: {}, checksums: [] };
const NAME = { container: REF.container, key: 'p/file' };
const SECOND = 1_000;
const workers = { workersTrustMs: () => 30_000 };
const body = (text: string) => bytesBody(Buffer.from(text));

/** A coordinator, a worker with a job for one name, and the container. All see the same time. */
async function openWorld() {
  const rig = await openRig();
  const { clock, storage } = rig;
  const lease = rig.lease(holder('a'), workers);
  await lease.acquire(NEVER_ABORTED);
  const epoch = lease.epoch();
  if (epoch === undefined) throw new Error('it is held');
  const reads = faulty(storage);
  const object = leaseObject(reads.backend, REF);
  const watch = createLeaseWatch({ object, mirror: 'm', clock, log: silentLogger });
  await watch.look(NEVER_ABORTED);
  const permit = createJobPermit({ epoch, extended: readClocks(clock), lease: watch, clock });
  const worker = layered(storage, [permitLayer(permit)]);
  return {
    ...rig,
    first: lease,
    watch,
    permit,
    /** The worker cannot read the lease any more, while its puts arrive. */
    cutOff() {
      for (let times = 0; times < 1_000; times += 1)
        reads.faults.next(
          'headObject',
          new TargetUnavailableError('cut off', { driver: 'memory' }),
        );
    },
    send: (text: string) => worker.putObject(NAME, body(text), options, call),
    /** The mirror's own backend under a lease. */
    under: (held: Lease) => layered(storage, [fence(held)]),
    /** The coordinator is gone without a word, and the lease lies there as it was. */
    async kill() {
      const left = JSON.stringify(await rig.document());
      await lease.release();
      await rig.put(left);
    },
    async content(): Promise<string> {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await storage.readObject(NAME, undefined, call)) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    },
  };
}

test('frozen worker: one that read a file before the lease was taken over writes nothing after it', async () => {
  const { first, under, send, kill, lease, clock, content } = await openWorld();
  await under(first).putObject(NAME, body('version 1'), options, call);
  // The worker has read version 1, and is frozen before it asks.
  await kill();
  const second = lease(holder('b'), workers);
  await expect(second.acquire(NEVER_ABORTED)).rejects.toThrow('mirrored to by');
  await clock.advance(PERIOD);
  await moving(clock, second.acquire(NEVER_ABORTED));
  await under(second).putObject(NAME, body('version 2'), options, call);
  await expect(send('version 1')).rejects.toThrow(JobFencedError);
  expect(await content()).toBe('version 2');
});

test('frozen worker: one that cannot see that the lease was taken over has ended before the next holder writes', async () => {
  const { permit, watch, send, cutOff, lease, clock } = await openWorld();
  const stop = new AbortController();
  const looking = watch.run(stop.signal);
  await clock.advance(15 * SECOND);
  cutOff();
  const takenAtMs = clock.monotonic();
  const second = lease(holder('b'), { ...workers, takeOver: true });
  let writesFromMs = Number.POSITIVE_INFINITY;
  const acquiring = second.acquire(NEVER_ABORTED).then(() => {
    writesFromMs = clock.monotonic();
  });
  let lastSentMs = 0;
  for (let second = 0; second < 60; second += 1) {
    permit.extended(readClocks(clock));
    await send('old').then(
      () => {
        lastSentMs = clock.monotonic();
      },
      (error: unknown) => expect(error).toBeInstanceOf(JobFencedError),
    );
    await clock.advance(SECOND);
  }
  await acquiring;
  expect(lastSentMs).toBeGreaterThan(takenAtMs);
  expect(lastSentMs - takenAtMs).toBeLessThan(20 * SECOND);
  expect(writesFromMs - takenAtMs).toBe(45 * SECOND);
  stop.abort(new Error('stopped'));
  await looking;
});

test('frozen worker: a name that was deleted while it had the job stays deleted', async () => {
  const { first, under, send, watch, clock, storage } = await openWorld();
  await under(first).putObject(NAME, body('version 1'), options, call);
  // The worker is frozen; after 30 s its lock has run out, and the coordinator has the batch again.
  await clock.advance(30 * SECOND);
  await under(first).deleteObject(NAME, call);
  await watch.look(NEVER_ABORTED);
  await expect(send('version 1')).rejects.toThrow(JobFencedError);
  await expect(storage.headObject(NAME, call)).rejects.toThrow(ObjectDoesNotExistError);
});

test('frozen worker: one whose coordinator is restarted has no job of the new session', async () => {
  const { permit, watch, send, kill, lease, clock } = await openWorld();
  await kill();
  const again = lease(holder('a', { pid: 2 }), workers);
  await moving(clock, again.acquire(NEVER_ABORTED));
  permit.extended(readClocks(clock));
  await watch.look(NEVER_ABORTED);
  expect(permit.reason()).toBe('outrun');
  await expect(send('version 1')).rejects.toThrow('another process has taken the lease over');
});
