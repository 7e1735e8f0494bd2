import { join } from 'node:path';
import { openDocument } from './document.js';
import { OthersLedgerError, StateDamagedError } from './errors.js';
import type { Ledger, LedgerDocument } from './ledger.js';
import { upgrade, type Versions } from './migrate.js';

const VERSIONS: Versions = { current: 1, steps: {} };

export function ledgerFile(folder: string): string {
  return join(folder, 'ledger.json');
}

/** The ledger of a mirror that was never run: nothing is deleted until a reconcile has finished. */
export function newLedger(mirror: string): LedgerDocument {
  return { version: 1, mirror, reconciled: false, unfinishedUploads: {}, quarantined: {} };
}

/**
 * Opens the ledger of a mirror's folder; a missing one is new, and written with the first update.
 *
 * @throws StateDamagedError, StateNewerError (the file stays unchanged), StateUnavailableError
 */
export async function openLedger(
  folder: string,
  mirror: string,
): Promise<Ledger & { readonly existed: boolean }> {
  const file = ledgerFile(folder);
  const document = await openDocument<LedgerDocument>(file, {
    initial: newLedger(mirror),
    toJson: (ledger) => ledger,
    fromJson: (json) => readLedger(upgrade(json, file, VERSIONS), mirror, file),
  });
  return {
    existed: document.existed,
    read: document.read,
    update: document.update,
    close: document.close,
  };
}

/** The checksum covers the bytes; this checks what the rest of the program relies on. */
function readLedger(
  fields: Readonly<Record<string, unknown>>,
  mirror: string,
  file: string,
): LedgerDocument {
  if (fields['mirror'] !== mirror) {
    throw new OthersLedgerError(
      file,
      `is the ledger of mirror ${JSON.stringify(fields['mirror'])}, not of "${mirror}"`,
    );
  }
  if (typeof fields['reconciled'] !== 'boolean')
    throw new StateDamagedError(file, 'does not say whether the mirror was reconciled');
  for (const map of ['unfinishedUploads', 'quarantined']) {
    if (typeof fields[map] !== 'object' || fields[map] === null)
      throw new StateDamagedError(file, `has no ${map}`);
  }
  return { ...newLedger(mirror), ...fields, version: 1 };
}
