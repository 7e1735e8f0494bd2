import type { Backend } from '../../../src/drivers/backend.js';
import { StorageError } from '../../../src/drivers/errors.js';
import { type MirrorFixture, openMirrorFixture } from '../../world/mirror-in-process.js';

export const MIB = 2 ** 20;
export const PART = 300_001;
export const signal: AbortSignal = new AbortController().signal;
export const lost = () =>
  new StorageError('the connection was lost', { driver: 'memory', retry: 'backoff' });
export const ONCE = { backoff: { firstMs: 1, limitMs: 5 }, attempts: 1, keepsTrying: false };

export async function fixture(wrap: (backend: Backend) => Backend = (backend) => backend) {
  const opened = await openMirrorFixture({
    target: { multipartThreshold: MIB, partSize: PART },
    persistence: ONCE,
    wrap,
  });
  const multipart = opened.storage.capabilities.multipart!;
  return {
    ...opened,
    multipart,
    unfinished: () => multipart.unfinished('c', '', { signal }),
    ledger: () => opened.mirror.parts.ledger.read(),
  };
}

export const count = ({ faults }: Pick<MirrorFixture, 'faults'>, operation: string) =>
  faults.calls.filter((each) => each === operation).length;
