import { OWN_FOLDER } from '../reserved-names.js';
import { providerTime } from '../store/provider-time.js';
import { deleteEntries, type Emptied, nothingEmptied } from '../trash/delete-entries.js';
import { isExpired, lookAtClock } from '../trash/expiry.js';
import { listTrash, type TrashEntry } from '../trash/list-trash.js';
import type { Mirror } from './mirror.js';

/** An object that is written to hear from the provider what time it is, and then removed. */
const CLOCK_OBJECT = `${OWN_FOLDER}clock`;

export type PurgedMirror = Pick<Mirror, 'settings' | 'stats'> & {
  readonly parts: Pick<Mirror['parts'], 'backend' | 'ledger' | 'paused' | 'clock' | 'log'>;
};

/**
 * Deletes what has been in the trash for longer than the mirror keeps it. A clock that runs ahead must not cost anything:
 * one that has leapt is given a day to be set right, and nothing goes that the provider's own clock does not call expired.
 * Errors are logged, and the next purge tries again. Rejects only with the reason of `signal`.
 */
export async function purgeTrash(mirror: PurgedMirror, signal: AbortSignal): Promise<void> {
  const { settings, parts, stats } = mirror;
  const { ledger, paused, clock, log } = parts;
  if (paused?.gate.pausedUntilMs !== undefined) return; // a later purge finds it
  const known = ledger.read().trash;
  if (settings.trashKeepMs === 0 || (settings.policy.deletes !== 'trash' && known === undefined))
    return;
  try {
    const { trusted, look } = lookAtClock(known, clock.now());
    await ledger.update((document) => ({ ...document, trash: look }));
    if (!trusted) return;
    const { objects, bytes, failed } = await purge(mirror, signal);
    if (objects > 0) stats.report({ event: 'trash-purged', objects, bytes });
    const [first] = failed;
    if (first)
      log.warn('trash not purged', {
        mirror: settings.name,
        objects: failed.size,
        first: first[0],
        error: first[1],
      });
  } catch (error) {
    signal.throwIfAborted();
    log.warn('trash not purged', { mirror: settings.name, error });
  }
}

async function purge(
  { settings, parts: { backend, clock } }: PurgedMirror,
  signal: AbortSignal,
): Promise<Emptied> {
  const ownMs = clock.now();
  const { trashKeepMs, container, prefix } = settings;
  const clockObject = { container, key: prefix + CLOCK_OBJECT };
  const inOrder = backend.capabilities.listingOrder === 'utf8';
  const emptied = nothingEmptied();
  let nowMs: number | undefined;
  for await (const page of listTrash(backend, settings, signal)) {
    const expired = page.filter((entry) => isExpired(entry, trashKeepMs, ownMs));
    if (expired.length > 0) {
      nowMs ??= Math.min(ownMs, (await providerTime(backend, clockObject, signal)) ?? ownMs);
      await deleteEntries(
        backend,
        container,
        stillExpired(expired, trashKeepMs, nowMs),
        emptied,
        signal,
      );
    }
    const newest = page.at(-1);
    if (inOrder && newest !== undefined && newest.atMs + trashKeepMs > ownMs) break;
  }
  return emptied;
}

function stillExpired(
  entries: readonly TrashEntry[],
  keepMs: number,
  nowMs: number,
): readonly TrashEntry[] {
  return entries.filter((entry) => isExpired(entry, keepMs, nowMs));
}
