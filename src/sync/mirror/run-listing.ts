import { isoTime } from '../../clock.js';
import type { Capabilities } from '../../drivers/capabilities.js';
import type { ObjectName } from '../../state/object-index.js';
import { InventoryError } from '../inventory/inventory-error.js';
import { openInventory } from '../inventory/open-inventory.js';
import type { InventoryRule } from '../inventory-rule.js';
import type { DueRun } from '../run.js';
import { listRemote } from '../scan/listing.js';
import type { RemotePage } from '../scan/remote-page.js';
import { lookLive } from '../store/look-live.js';
import { createOthersPlaces, type OthersPlaces } from '../store/others-places.js';
import type { MirrorParts } from './mirror-parts.js';

/** What a run knows of the container from outside of the index. */
export interface RunListing {
  readonly pages: AsyncGenerator<RemotePage, void>;
  readonly listingOrder: Capabilities['listingOrder'];
  /** What it says is a claim about an earlier time. */
  readonly isInventory: boolean;
  /** To be called in the end, whether or not all pages were read. */
  close(): Promise<void>;
}

/** Where other mirrors write below the prefix. */
export interface RunPlaces extends OthersPlaces {
  /** Whether an object that was listed at an earlier time is there now; see lookLive. */
  isThere(name: ObjectName): Promise<boolean>;
}

export interface ListingMirror {
  readonly parts: Pick<
    MirrorParts,
    'settings' | 'backend' | 'ledger' | 'index' | 'location' | 'clock' | 'log'
  >;
}

/** `signal`: of the run. */
export function openRunPlaces({ parts }: ListingMirror, signal: AbortSignal): RunPlaces {
  const { container, prefix } = parts.settings;
  const places = createOthersPlaces(prefix);
  const root = { backend: parts.backend, container, prefix };
  return { ...places, isThere: lookLive(root, places, signal) };
}

/**
 * The container's objects as an inventory has them, where the mirror has one that can be used, else as the provider lists
 * them. Before the first reconcile there are no records that an inventory could be compared with, so that it is not used. `note`
 * is called with all of them. Rejects with InventoryError where the settings say so, and as openInventory does.
 */
export async function openRunListing(
  { parts }: ListingMirror,
  due: DueRun,
  { note }: Pick<OthersPlaces, 'note'>,
  signal: AbortSignal,
): Promise<RunListing> {
  const { settings, backend, ledger, index, log } = parts;
  const { container, prefix, inventory, name } = settings;
  const isUsable = due.sides.source && !due.listsItself && ledger.read().reconciled;
  if (inventory !== undefined && isUsable) {
    try {
      return await inventoryListing(parts, inventory, note, signal);
    } catch (error) {
      if (!(error instanceof InventoryError) || inventory.otherwise === 'fail') throw error;
      log.warn('inventory not used, the container is listed', { mirror: name, error });
    }
  }
  return {
    pages: listRemote(backend, { container, prefix, index }, signal, note),
    listingOrder: backend.capabilities.listingOrder,
    isInventory: false,
    close: async () => {}, // who reads it closes it
  };
}

async function inventoryListing(
  { settings, backend, index, location, clock, log }: ListingMirror['parts'],
  rule: InventoryRule,
  seen: OthersPlaces['note'],
  signal: AbortSignal,
): Promise<RunListing> {
  const { folder } = location;
  const options = { backend, root: settings, rule, index, folder, seen, clock };
  const { found, objects, pages, close } = await openInventory(options, signal);
  log.info('inventory read', {
    mirror: settings.name,
    madeAt: isoTime(found.createdAtMs),
    files: found.files.length,
    objects,
  });
  return { pages, listingOrder: 'utf8', isInventory: true, close };
}
