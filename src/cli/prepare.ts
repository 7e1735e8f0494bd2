import { prepareIndexCheck } from '../state/check-in-child.js';
import { prepareScanThread } from '../sync/scan/scan-thread.js';

/** Starts what a command that mirrors will need, while its own code is loaded and the configuration is read. */
export function prepareToMirror(): void {
  prepareIndexCheck();
}

/** The same for a daemon, which scans in a thread always. */
export function prepareToWatch(): void {
  prepareToMirror();
  prepareScanThread();
}
