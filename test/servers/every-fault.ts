import { describe, it } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import type { Dialect } from '../faults/dialect.js';
import { everyFault } from '../faults/every-fault.js';
import type { Server, Settings } from './environment.js';

/** The faults over a real server, of which `at` says what a client's settings are when it is to be found somewhere else. */
export function everyFaultOver(
  { settings, origin, driver, title, isCeph }: Server,
  dialect: Dialect,
  open: (settings: Settings) => Backend,
  at: (address: { readonly host: string; readonly port: number }) => Settings,
): void {
  if (isCeph && (driver === 'swift' || settings['profile'] === 'generic')) {
    // Ceph's Swift API, and its S3 API by a profile that knows nothing of its ETags, are not held to all of these yet.
    describe.skip(title, () => it('a mirror over it, which fails', () => {}));
    return;
  }
  everyFault(`a mirror over ${title}, which fails`, async () => ({
    dialect,
    origin,
    target: (address) => ({ driver, ...settings, ...at(address) }),
    open: () => open(settings),
    close: async () => {},
  }));
}
