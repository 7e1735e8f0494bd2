import type { Backend } from '../../src/drivers/backend.js';
import type { Dialect } from '../faults/dialect.js';
import { everyFault } from '../faults/every-fault.js';
import type { Server, Settings } from './environment.js';

/** The faults over a real server, of which `at` says what a client's settings are when it is to be found somewhere else. */
export function everyFaultOver(
  { settings, origin, driver, title }: Server,
  dialect: Dialect,
  open: (settings: Settings) => Backend,
  at: (address: { readonly host: string; readonly port: number }) => Settings,
): void {
  everyFault(`a mirror over ${title}, which fails`, async () => ({
    dialect,
    origin,
    target: (address) => ({ driver, ...settings, ...at(address) }),
    open: () => open(settings),
    close: async () => {},
  }));
}
