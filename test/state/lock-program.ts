import { createInterface } from 'node:readline';
import { systemClock } from '../../src/clock.js';
import { StateLockedError } from '../../src/state/errors.js';
import { takeLock } from '../../src/state/lock.js';

// Says `ready`; tries for the lock at each line of input, and says how it went; `release` gives it back.
const folder = process.argv[2] ?? '';
let lock: Awaited<ReturnType<typeof takeLock>> | undefined;
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'release') {
    await lock?.release();
    process.stdout.write('released\n');
    continue;
  }
  try {
    lock = await takeLock(folder, systemClock);
    process.stdout.write('held\n');
  } catch (error) {
    if (!(error instanceof StateLockedError)) throw error;
    process.stdout.write(`refused ${error.message}\n`);
  }
}
