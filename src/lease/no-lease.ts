import { whenAborted } from '../signal.js';
import type { Lease } from './lease.js';

/** The lease of a mirror that is configured without one, and of a dry run, which writes nothing. */
export const NO_LEASE: Lease = {
  acquire: async () => ({ wasOthers: false, wasThere: true }),
  hold: () => undefined,
  whenLost: (signal) => whenAborted(signal),
  release: async () => {},
  epoch: () => undefined,
  status: () => null,
};
