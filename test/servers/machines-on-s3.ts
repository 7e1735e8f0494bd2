import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { queueNames } from '../../src/scale/queue-names.js';
import { digest } from '../fakes/s3/request.js';
import { type FakeS3, startFakeS3 } from '../fakes/s3/server.js';
import { fakeTarget } from '../fakes/s3/target.js';
import { eventually } from '../world/eventually.js';
import type { OwnRedis } from './own-redis.js';
import { lineOf, openSeveralMachines, type SeveralMachines } from './several-machines.js';

/** A daemon and its workers over a fake of S3. */
export interface MachinesOnS3 extends SeveralMachines {
  readonly fake: FakeS3;
  /** Puts of objects below a folder that the fake has answered, in order. */
  putsBelow(folder: string): FakeS3['log'];
}

/** `reach`: where a machine reaches a port of this one; default: at the port itself. */
export async function openMachinesOnS3(
  redis: OwnRedis,
  reach: (port: number) => Promise<{ readonly host: string; readonly port: number }> = async (
    port,
  ) => ({ host: '127.0.0.1', port }),
): Promise<MachinesOnS3> {
  const fake = await startFakeS3();
  onTestFinished(() => fake.close());
  const [store, queue] = [await reach(fake.port), await reach(redis.port)];
  const target = JSON.stringify(fakeTarget(store));
  const machines = openSeveralMachines(redis, { target, digests: () => digestsIn(fake) });
  const inReach = redis.yaml().replace(/redis:\/\/[^"]+/, `redis://${queue.host}:${queue.port}`);
  machines.writeConfig({ queue: inReach, workers: 'worker: { jobs: 1 }' });
  return {
    ...machines,
    fake,
    putsBelow: (folder) =>
      fake.log.filter(
        ({ operation, key }) => operation === 'PutObject' && key?.startsWith(`${folder}/`),
      ),
  };
}

function digestsIn({ rules: { store } }: FakeS3): ReadonlyMap<string, string> {
  const bucket = store.buckets.get('documents');
  if (bucket === undefined) return new Map();
  const keys = store.keys(bucket).filter((key) => !key.startsWith('.longshore/'));
  return new Map(keys.map((key) => [key, digest('md5', store.object(bucket, key).bytes)]));
}

/** More puts than the daemon itself has for its lease. */
const SOME = 4;

/**
 * Brings a folder of 300 small files into the source at once, and resolves when the only worker has read them, and the fake
 * holds its first puts: the others have not been sent. The caller opens the door of PutObject.
 */
export async function holdBatchOf(machines: MachinesOnS3, redis: OwnRedis, name: string) {
  const { fake, folder, source } = machines;
  fake.doors.close('PutObject');
  mkdirSync(join(folder, name));
  for (let at = 0; at < 300; at += 1) writeFileSync(join(folder, name, String(at)), 'version 1');
  renameSync(join(folder, name), join(source, name));
  await eventually(async () => {
    expect(fake.doors.arrived('PutObject')).toBeGreaterThanOrEqual(SOME);
    expect(
      await redis.admin.llen(`longshore:${queueNames('nas1').queueOf('documents')}:active`),
    ).toBe(1);
  });
}

/** Changes two thirds of such a folder. */
export function changeBatchOf({ source }: MachinesOnS3, name: string): void {
  for (let at = 0; at < 300; at += 1) {
    if (at % 3 === 2) continue;
    const path = join(source, name, String(at));
    writeFileSync(`${path}.new`, `version 2 of ${at}`);
    renameSync(`${path}.new`, path);
  }
}

/** A daemon that gives jobs to a worker, which are equal. */
export async function startBoth(machines: MachinesOnS3, options = {}) {
  const worker = machines.worker(options);
  await lineOf(worker, 'working');
  machines.fill('a', 200);
  const daemon = machines.daemon();
  await lineOf(daemon, 'queue up');
  await machines.equal();
  return { worker, daemon };
}
