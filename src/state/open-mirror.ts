import { mkdir } from 'node:fs/promises';
import type { Clock } from '../clock.js';
import { failpoint } from '../failpoint.js';
import { isMarked, markClosed, markInUse } from './check-mark.js';
import { removeTemporaryFiles } from './durable-file.js';
import { IndexInUseError, OthersLedgerError, StateDamagedError } from './errors.js';
import { hasFailedEnvironment } from './failed-environment.js';
import type { Ledger } from './ledger.js';
import { ledgerFile, newLedger, openLedger } from './ledger-file.js';
import type { IndexLocation, ObjectIndex } from './object-index.js';
import { filesBeside, indexFile } from './open-index.js';
import { endedWhileOpening } from './opening-mark.js';
import { forbidDeletes, openNew, openReady } from './ready-index.js';
import { isThere, setAside } from './set-aside.js';

export interface MirrorStore {
  readonly index: ObjectIndex;
  readonly ledger: Ledger;
  /** For `openIndexView`, in any thread. */
  readonly location: IndexLocation;
  /** Why a part was rebuilt, so that the next reconcile has to confirm everything; undefined when nothing was. */
  readonly rebuilt: string | undefined;
}

export interface MirrorToOpen {
  readonly name: string;
  readonly engine: 'lmdb' | 'lowdb';
  /**
   * Where the objects are, as text: records of another place are set aside. Undefined: the caller reads no objects, so
   * the place does not matter.
   */
  readonly place?: string | undefined;
  /**
   * The index is to be made again. `lost`: one that a reconcile has finished on is refused with IndexInUseError. `set-aside`: any
   * index is set aside first. Default: what is there is used.
   */
  readonly rebuild?: Rebuild;
}

export type Rebuild = 'lost' | 'set-aside';

export interface OpenMirrorOptions extends Omit<MirrorToOpen, 'engine'> {
  readonly location: IndexLocation;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Called before an index is opened in whose opening the last process ended. */
  readonly cutShort: (file: string) => void;
}

/**
 * Opens the ledger and index of one mirror in its own folder, which it creates. Damaged files are set aside and
 * rebuilt; before that, the ledger says durably that nothing may be deleted until a reconcile has finished. A file
 * that cannot be read, or is newer, is an error and stays unchanged.
 */
export async function openMirror(
  options: OpenMirrorOptions,
): Promise<MirrorStore & { close(): Promise<void> }> {
  const { name, location } = options;
  const { folder } = location;
  const reasons: string[] = [];
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeTemporaryFiles(folder);
  const ledger = await openSoundLedger(options, reasons);
  try {
    if (endedWhileOpening(indexFile(location))) options.cutShort(indexFile(location));
    const doubtful = isMarked(folder);
    await markInUse(folder); // first: opening a damaged index may end this process
    failpoint('state: index marked in use, not opened');
    await leaveFormerPlace(options, ledger, reasons);
    if (options.rebuild === 'set-aside') await leaveIndex(options, ledger, reasons);
    const ready = await openReady({ ...options, doubtful }, ledger, reasons);
    if (ready !== undefined && options.rebuild === 'lost')
      await refuseFinished(ready, options, ledger);
    const index = ready ?? (await openNew(options));
    return {
      index,
      ledger,
      location,
      rebuilt: reasons.length === 0 ? undefined : `${name}: ${reasons.join('; ')}`,
      async close() {
        try {
          await index.close();
          failpoint('state: index closed, mark not removed');
          // After a failed write the index stays marked as in use: the next start checks it.
          if (!hasFailedEnvironment()) await markClosed(folder);
        } finally {
          await ledger.close();
        }
      },
    };
  } catch (error) {
    await ledger.close();
    // Errors of a child process that LMDB has ended. The first error is the one to report.
    await removeTemporaryFiles(folder).catch(() => undefined);
    throw error;
  }
}

async function openSoundLedger(
  { name, location, clock }: OpenMirrorOptions,
  reasons: string[],
): Promise<Ledger> {
  const { folder } = location;
  const hadIndex = await isThere(indexFile(location));
  let ledger = await openLedger(folder, name).catch((error: unknown) => {
    if (error instanceof StateDamagedError) return error;
    throw error;
  });
  if (ledger instanceof StateDamagedError) {
    // The index beside another mirror's ledger is about that mirror's objects, and not ours.
    if (ledger instanceof OthersLedgerError) await setAsideIndexes(location, clock);
    reasons.push(`${ledger.message}; kept as ${await setAside(ledgerFile(folder), [], clock)}`);
    ledger = await openLedger(folder, name);
  } else if (hadIndex && !ledger.existed) reasons.push('its ledger was missing');
  // The ledger is made before the index: with an index alone, the ledger was lost.
  if (!ledger.existed) await ledger.update((document) => ({ ...document }));
  return ledger;
}

/**
 * Records describe objects in one prefix of one container. When the configuration names another place, they prove
 * nothing: the objects there with the same names are not ours.
 */
async function leaveFormerPlace(
  { name, location, place, clock }: OpenMirrorOptions,
  ledger: Ledger,
  reasons: string[],
): Promise<void> {
  const former = ledger.read().place;
  if (place === undefined || former === place) return;
  if (former === undefined) return ledger.update((document) => ({ ...document, place }));
  await forbidDeletes(ledger);
  const kept = await setAsideIndexes(location, clock);
  const { instance, source, mounts, acceptedEmpty, found, trash } = ledger.read();
  const stays = {
    ...(instance && { instance }),
    ...(source && { source }),
    ...(mounts && { mounts }),
    ...(acceptedEmpty && { acceptedEmpty }),
    ...(trash && { trash }),
  };
  await ledger.update(() => ({
    ...newLedger(name),
    ...stays,
    ...(found === undefined ? {} : { found }),
    place,
  }));
  reasons.push(
    `until now its objects went to ${former}, and from now on to ${place}: what was known is of no use there${keptAs(kept)}`,
  );
}

/** An operator wants the index to be made again, whatever is there. The ledger's decisions and uploads stay. */
async function leaveIndex(
  { location, clock }: OpenMirrorOptions,
  ledger: Ledger,
  reasons: string[],
): Promise<void> {
  await forbidDeletes(ledger);
  const kept = await setAsideIndexes(location, clock, 'replaced');
  reasons.push(`its index is made again${keptAs(kept)}`);
}

/** @throws IndexInUseError */
async function refuseFinished(
  index: ObjectIndex,
  { name, location }: OpenMirrorOptions,
  ledger: Ledger,
): Promise<void> {
  if (!ledger.read().reconciled) return;
  await index.close();
  throw new IndexInUseError(indexFile(location), name);
}

function keptAs(files: readonly string[]): string {
  return files.length === 0 ? '' : `; kept as ${files.join(' and ')}`;
}

/** Sets aside the index of either format. Resolves with its new paths. */
async function setAsideIndexes(
  { folder }: IndexLocation,
  clock: Clock,
  because = 'elsewhere',
): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const engine of ['lmdb', 'lowdb'] as const) {
    const file = indexFile({ folder, engine });
    if (await isThere(file)) kept.push(await setAside(file, filesBeside(file), clock, because));
  }
  return kept;
}
