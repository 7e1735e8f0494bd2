import { writeSync } from 'node:fs';
import { openLedger } from '../../src/state/ledger-file.js';

// Counts up in the ledger until it is killed, and prints each number when it is acknowledged. Killed from outside.
const ledger = await openLedger(process.argv[2] ?? '', 'documents');
const start = Math.ceil(Number(ledger.read().source?.inode ?? 0) / 1_000) * 1_000;
for (let at = start + 1; ; at++) {
  await ledger.update((document) => ({ ...document, source: { device: '1', inode: String(at) } }));
  writeSync(1, `${at}\n`);
}
