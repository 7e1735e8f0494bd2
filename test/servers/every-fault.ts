import type { Backend } from '../../src/drivers/backend.js';
import type { Dialect } from '../faults/dialect.js';
import { everyFault } from '../faults/every-fault.js';
import type { Server, Settings } from './environment.js';

/** All fault tests over a real server. `at` returns the settings of a client that reaches the server at another address. */
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
