import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { createLease } from '../../src/lease/create-lease.js';
import type { Holder } from '../../src/lease/document.js';
import type { Lease } from '../../src/lease/lease.js';
import { leaseObject } from '../../src/lease/lease-object.js';
import type { LeaseOptions } from '../../src/lease/lease-options.js';
import { silentLogger } from '../../src/log.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { fakeClock } from '../fakes/clock.js';
import { faulty } from '../fakes/faulty-backend.js';

export const MINUTE = 60_000;
export const PERIOD = 10 * MINUTE;
export const REF = { container: 'place', key: 'p/.longshore/lease' };

export function holder(name: string, different: Partial<Holder> = {}): Holder {
  return {
    pid: 1,
    startTicks: '1',
    bootId: `boot of ${name}`,
    pidNamespace: 'ns',
    host: name,
    instance: `instance of ${name}`,
    machine: `machine of ${name}`,
    stateFolder: `/state/of/${name}`,
    stateIdentity: `state of ${name}`,
    ...different,
  };
}

/** One container, and machines that want it. Time passes for all of them alike. */
export async function openRig(change: (backend: Backend) => Backend = (backend) => backend) {
  const clock = fakeClock();
  const storage = memoryBackend();
  await storage.createContainer(REF.container, { signal: NEVER_ABORTED });
  const { backend, faults } = faulty(storage);
  const changed = change(backend);
  const put = async (text: string) => {
    await storage.putObject(
      REF,
      bytesBody(Buffer.from(text)),
      { contentType: 'x', metaData: {}, headers: {}, checksums: [] },
      { signal: NEVER_ABORTED },
    );
  };
  return {
    clock,
    storage,
    faults,
    put,
    async document(): Promise<Record<string, unknown>> {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await storage.readObject(REF, undefined, { signal: NEVER_ABORTED }))
        chunks.push(chunk);
      return JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    },
    lease(self: Holder, options: Partial<LeaseOptions> = {}): Lease {
      return createLease({
        object: leaseObject(changed, REF),
        place: 't:c/p/',
        mirror: 'm',
        self,
        periodMs: PERIOD,
        takeOver: false,
        howToTakeOver: 'or take it',
        clock,
        log: silentLogger,
        ...options,
      });
    },
  };
}

/** Moves the clock until the promise is settled, as the other half of what it waits for. */
export async function moving<T>(
  clock: ReturnType<typeof fakeClock>,
  promise: Promise<T>,
): Promise<T> {
  let settled = false;
  const watched = promise.finally(() => {
    settled = true;
  });
  watched.catch(() => {});
  while (!settled) await clock.advance(100);
  return watched;
}
