import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readJob } from '../../src/scale/job-form.js';
import { packPartsAnswer, unpackPartsOrder } from '../../src/scale/parts-columns.js';
import { queueNames } from '../../src/scale/queue-names.js';
import { mountPoint, openShare, SHARES } from '../torture/workers/share.js';
import { eventually } from '../world/eventually.js';
import { isEnding } from '../world/process-state.js';
import type { Program } from '../world/program.js';
import { redisServers, s3Servers, withServers } from './environment.js';
import { type MachinesOnS3, openMachinesOnS3 } from './machines-on-s3.js';
import { startOwnRedis } from './own-redis.js';
import { openTestWorker } from './redis-fixture.js';
import { endWell, lineOf, linesOf, openSeveralMachines } from './several-machines.js';

/** Longer than it takes until a killed worker's parts are sent by another, or until a daemon takes the place of a killed one. */
const PATIENT_MS = 150_000;
/** Two jobs: one of 12 parts, which are 5 MiB, and one of two. */
const BYTES = 66 * 2 ** 20 + 17;
const [PARTS, FIRST] = [14, 12];

withServers('large files by workers', 'LONGSHORE_REDIS_URL', redisServers(), () => {
  const opened = async (workers = 1) => {
    const redis = await startOwnRedis();
    const machines = await openMachinesOnS3(redis);
    const started = Array.from({ length: workers }, () => machines.worker());
    await Promise.all(started.map((worker) => lineOf(worker, 'working')));
    const daemon = machines.daemon();
    await lineOf(daemon, 'queue up');
    return { redis, machines, workers: started, daemon };
  };

  test('two workers send one file, and its parts become one object', async () => {
    const { machines, workers, daemon } = await opened(2);
    bring(machines, 'large');
    await machines.equal();
    expect(requests(machines, 'CreateMultipartUpload')).toBe(1);
    const sent = await Promise.all(workers.map(bytesBy));
    expect(sent.every((bytes) => bytes > 0)).toBe(true);
    await endClean(machines, daemon);
  });

  test('a worker is killed amid a part: another one sends its parts', async () => {
    const { machines, workers, daemon } = await opened();
    await holdParts(machines, 'large');
    workers[0]?.kill('SIGKILL');
    const other = machines.worker();
    await lineOf(other, 'working');
    machines.fake.doors.open('UploadPart');
    await machines.equal(PATIENT_MS);
    expect(requests(machines, 'CreateMultipartUpload')).toBe(1);
    expect(await bytesBy(other)).toBeGreaterThan(0);
    await endClean(machines, daemon);
  }, 400_000);

  test('the daemon is killed amid an upload: the next one goes on with it, and with the parts that are there', async () => {
    const { machines, workers, daemon } = await opened();
    await holdParts(machines, 'large');
    daemon.kill('SIGKILL');
    machines.fake.doors.open('UploadPart');
    await eventually(() => expect(requests(machines, 'UploadPart')).toBeGreaterThanOrEqual(FIRST));
    const next = machines.daemon();
    await machines.equal(PATIENT_MS);
    expect(requests(machines, 'CreateMultipartUpload')).toBe(1);
    expect(requests(machines, 'UploadPart')).toBeLessThan(PARTS + FIRST);
    expect(await bytesBy(workers[0])).toBeGreaterThan(0);
    await endClean(machines, next);
  }, 400_000);

  test('the file changes meanwhile: the object has its new content, and no part of the old is left', async () => {
    const { machines, workers, daemon } = await opened();
    await holdParts(machines, 'large');
    bring(machines, 'large');
    machines.fake.doors.open('UploadPart');
    await machines.equal();
    // That its file is another one now is no reason to leave the mirror alone.
    expect(linesOf(workers[0] as Program).filter(({ event }) => event === 'job returned')).toEqual(
      [],
    );
    await endClean(machines, daemon);
  });

  test('Redis goes away amid an upload: the daemon sends the rest', async () => {
    const { redis, machines, daemon } = await opened();
    await holdParts(machines, 'large');
    await redis.kill();
    machines.fake.doors.open('UploadPart');
    await machines.equal(PATIENT_MS);
    expect(requests(machines, 'CreateMultipartUpload')).toBe(1);
    await endClean(machines, daemon);
  }, 400_000);

  test.skipIf(!SHARES.includes('served'))(
    'a worker whose file server does not answer amid a part ends when it is asked to',
    async () => {
      const redis = await startOwnRedis();
      const machines = await openMachinesOnS3(redis);
      const share = openShare(machines, 'served', 1);
      onTestFinished(() => share.close());
      const sources = `{ documents: ${mountPoint(machines)} }`;
      machines.writeConfig({ workers: `drain: 0s\nworker: { jobs: 1, sources: ${sources} }` });
      const worker = machines.worker({ around: share.around });
      await lineOf(worker, 'working');
      const daemon = machines.daemon();
      await lineOf(daemon, 'queue up');
      await holdParts(machines, 'large'); // some of its parts are in memory, the others are not read yet
      share.freezeServer();
      machines.fake.doors.open('UploadPart');
      await eventually(() => expect(requests(machines, 'UploadPart')).toBeGreaterThanOrEqual(4));
      await eventually(() => expect(waits(worker.child.pid)).toContain('request_wait_answer')); // of FUSE
      worker.kill('SIGTERM');
      // By the signal. What the kernel does then for a file, or a thread, on the share it does when the server answers.
      await eventually(() => expect(isEnding(worker.child.pid)).toBe(true));
      share.thawServer();
      expect((await worker.finished).code).toBe('SIGTERM');
      daemon.kill('SIGKILL');
      await daemon.finished;
    },
  );

  test('forged answers are found out: the daemon sends what the provider has not', async () => {
    const redis = await startOwnRedis();
    const machines = await openMachinesOnS3(redis);
    let forged = 0;
    await openTestWorker(redis.config(), queueNames('nas1'), async ({ kind, data }) => {
      const payload = readJob(data)?.payload ?? '';
      if (kind !== 'parts') throw new TypeError(`nothing gives it a job of kind ${kind}`);
      const { first, known, partSize } = unpackPartsOrder(payload);
      const parts = known.map((_, at) => {
        const md5 = randomBytes(16).toString('hex');
        return { number: first + at, size: partSize, md5, receipt: `"${md5}"` };
      });
      forged += 1;
      return { worker: 'worker:1', payload: packPartsAnswer(payload, parts) };
    });
    const daemon = machines.daemon();
    await lineOf(daemon, 'queue up');
    bring(machines, 'large');
    await machines.equal();
    expect(forged).toBeGreaterThan(1);
    expect(requests(machines, 'UploadPart')).toBe(PARTS);
    expect(requests(machines, 'CompleteMultipartUpload')).toBe(1);
    const refused = linesOf(daemon).filter(({ event }) => event === 'answer of a worker refused');
    expect(refused).toHaveLength(forged);
    expect(refused[0]).toMatchObject({ mirror: 'documents', kind: 'parts', worker: 'worker:1' });
    await endClean(machines, daemon);
  });
});

withServers('large files by workers', 'LONGSHORE_S3_ENDPOINT', s3Servers(), (server) => {
  withServers(server.title, 'LONGSHORE_REDIS_URL', redisServers(), () => {
    test('a worker is killed while it sends parts: the object is the file', async () => {
      const target = JSON.stringify({ driver: 's3', ...server.settings });
      const machines = openSeveralMachines(await startOwnRedis(), {
        target,
        digests: () => new Map(),
      });
      machines.writeConfig({ workers: 'worker: { jobs: 1 }' });
      const workers = [machines.worker(), machines.worker()];
      await Promise.all(workers.map((worker) => lineOf(worker, 'working')));
      const daemon = machines.daemon();
      await lineOf(daemon, 'queue up');
      bring(machines, 'large');
      await lineOf(daemon, 'done', { withinMs: PATIENT_MS });
      workers[0]?.kill('SIGKILL');
      bring(machines, 'larger');
      await eventually(() => {
        const names = linesOf(daemon).map(({ event, name }) => event === 'done' && name);
        expect(names).toContain('larger');
      }, PATIENT_MS);
      await endWell(machines, daemon);
      const proven = await machines.longshore('verify', 'documents', '--read-back', '100%');
      expect(proven, proven.stdout + proven.stderr).toMatchObject({ code: 0 });
    }, 400_000);
  });
});

/** A file, or another version of it, comes into the source at once. */
function bring({ source, folder }: Pick<MachinesOnS3, 'source' | 'folder'>, name: string): void {
  writeFileSync(join(folder, name), randomBytes(BYTES));
  renameSync(join(folder, name), join(source, name));
}

/** The same, and resolves when a worker waits with parts of it. The caller opens the door of UploadPart. */
async function holdParts(machines: MachinesOnS3, name: string): Promise<void> {
  machines.fake.doors.close('UploadPart');
  bring(machines, name);
  await eventually(() => expect(machines.fake.doors.arrived('UploadPart')).toBe(4));
}

const requests = ({ fake }: MachinesOnS3, wanted: string) =>
  fake.log.filter(({ operation }) => operation === wanted).length;

/** Where in the kernel the threads of a process wait: proc_pid_wchan(5). */
function waits(pid: number | undefined): readonly string[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/wchan`, 'latin1'));
}

/** Bytes that a worker has sent, as it logs when it ends. */
async function bytesBy(worker: Program | undefined): Promise<number> {
  if (worker === undefined) throw new TypeError('there is no such worker');
  worker.kill('SIGTERM');
  expect((await worker.finished).code).toBe(0);
  return Number(linesOf(worker).find(({ event }) => event === 'worker ended')?.['bytes'] ?? 0);
}

/** Nothing is left to do, and no part without an object. */
async function endClean(machines: MachinesOnS3, daemon: Program): Promise<void> {
  const { store } = machines.fake.rules;
  await endWell(machines, daemon);
  expect([...(store.buckets.get('documents')?.uploads.keys() ?? [])]).toEqual([]);
}
