import type { Clock } from '../clock.js';
import { changeEngine, removeIndex, removeUnfinished } from './change-engine.js';
import { checkInChild } from './check-in-child.js';
import { StateDamagedError } from './errors.js';
import { isInodeTableWhole } from './inode-table.js';
import type { Ledger } from './ledger.js';
import { headerOf, isUnfinished } from './lmdb-peek.js';
import type { IndexLocation, ObjectIndex } from './object-index.js';
import { filesBeside, indexFile, openIndex } from './open-index.js';
import { whileMarked } from './opening-mark.js';
import { isThere, setAside } from './set-aside.js';

interface IndexOptions {
  readonly location: IndexLocation;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** It was not closed, or damage was found in it. */
  readonly doubtful: boolean;
}

/**
 * Leaves an index that can be opened, or none: sound, in the configured format, and the only one.
 *
 * @returns the index, open; undefined where there is none, or it was just made of the other format
 */
export async function openReady(
  options: IndexOptions,
  ledger: Ledger,
  reasons: string[],
): Promise<ObjectIndex | undefined> {
  const { location } = options;
  const other: IndexLocation = {
    folder: location.folder,
    engine: location.engine === 'lmdb' ? 'lowdb' : 'lmdb',
  };
  await removeUnfinished(location);
  await removeUnfinished(other);
  const isOtherThere = await isThere(indexFile(other));
  const present = await openIfSound(location, options, ledger, reasons);
  if (isOtherThere) {
    // Both exist only when a change of formats was interrupted at its end, when the two were equal.
    if (present !== undefined) await closedIfFails(present, removeIndex(other));
    else if (await isSound(other, options, ledger, reasons)) {
      await changeEngine(other, location, options.signal);
      return undefined;
    }
  }
  if (present !== undefined || !ledger.read().reconciled) return present;
  reasons.push('its index was missing');
  await forbidDeletes(ledger);
  return undefined;
}

async function closedIfFails(index: ObjectIndex, step: Promise<void>): Promise<void> {
  try {
    await step;
  } catch (error) {
    await index.close();
    throw error;
  }
}

/** An index that was not there. */
export async function openNew({
  location,
  signal,
}: Pick<IndexOptions, 'location' | 'signal'>): Promise<ObjectIndex> {
  if (location.engine === 'lmdb') await checkInChild('trial', indexFile(location), signal);
  return openMarked(location);
}

async function isSound(...index: Parameters<typeof openIfSound>): Promise<boolean> {
  const opened = await openIfSound(...index);
  await opened?.close();
  return opened !== undefined;
}

/** Undefined when there is none, or it was damaged and set aside. */
async function openIfSound(
  location: IndexLocation,
  options: IndexOptions,
  ledger: Ledger,
  reasons: string[],
): Promise<ObjectIndex | undefined> {
  const file = indexFile(location);
  if (!(await isThere(file))) return undefined;
  if (location.engine === 'lmdb' && isUnfinished(file)) {
    await removeIndex(location);
    return undefined;
  }
  try {
    return await openChecked(location, file, options);
  } catch (error) {
    if (!(error instanceof StateDamagedError)) throw error;
    await forbidDeletes(ledger);
    reasons.push(
      `${error.message}; kept as ${await setAside(file, filesBeside(file), options.clock)}`,
    );
    return undefined;
  }
}

async function openChecked(
  location: IndexLocation,
  file: string,
  { doubtful, signal }: IndexOptions,
): Promise<ObjectIndex> {
  if (location.engine === 'lmdb') {
    const header = headerOf(file);
    if (header === 'absent') throw new StateDamagedError(file, 'is empty');
    await checkInChild(
      header === 'short' || doubtful || !isInodeTableWhole(file) ? 'whole' : 'trial',
      file,
      signal,
    );
  }
  // Both formats check their own header here, and lowdb the whole file.
  return openMarked(location);
}

function openMarked(location: IndexLocation): Promise<ObjectIndex> {
  return whileMarked(indexFile(location), () => openIndex(location));
}

/** Until a reconcile has finished on the index. */
export async function forbidDeletes(ledger: Ledger): Promise<void> {
  await ledger.update((document) => ({ ...document, reconciled: false }));
}
