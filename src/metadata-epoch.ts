import type { MirrorConfig } from './config/config.js';
import type { Logger } from './log.js';
import type { MirrorStore } from './state/open-mirror.js';

/** As many as fit into a record. Objects of settings before the last three are taken for those of now, at worst. */
const EPOCHS = 4;

/**
 * The number of the mirror's `metadata` setting, which changes with it; the ledger holds it. The next reconcile
 * replaces the metadata of objects whose records have another number.
 */
export async function metadataEpochOf(
  { ledger, index }: Pick<MirrorStore, 'ledger' | 'index'>,
  { name, metadata }: Pick<MirrorConfig, 'name' | 'metadata'>,
  log: Logger,
): Promise<number> {
  const kept = [...new Set(metadata)].sort();
  const before = ledger.read().metadata;
  if (before !== undefined && before.kept.join() === kept.join()) return before.epoch;
  // Without a note of it (a new ledger, or one of an earlier version) the records are taken for those of these settings.
  const epoch = before === undefined ? epochOfRecords(index) : (before.epoch + 1) % EPOCHS;
  await ledger.update((document) => ({ ...document, metadata: { epoch, kept } }));
  if (before !== undefined && index.count() > 0) {
    const [was, is] = [before.kept, kept].map((fields) => fields.join(' ') || 'nothing');
    log.info('metadata settings changed', {
      mirror: name,
      was,
      is,
      objects: 'updated by the next reconcile',
    });
  }
  return epoch;
}

function epochOfRecords(index: MirrorStore['index']): number {
  for (const [, { metadataEpoch = 0 }] of index.entries()) return metadataEpoch;
  return 0;
}
