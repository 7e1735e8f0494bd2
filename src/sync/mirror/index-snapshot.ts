import { StateError } from '../../state/errors.js';
import { UnusableSnapshotError } from '../../state/snapshot-format.js';
import { keepSnapshot, type SnapshotMirror } from '../snapshot/keep-snapshot.js';
import { type RebuiltMirror, takeBack } from '../snapshot/take-back.js';
import { fatalErrorOf } from '../state-trouble.js';
import type { Mirror } from './mirror.js';

export type SnapshotKeepingMirror = SnapshotMirror & Pick<Mirror, 'containerTrouble'>;

/**
 * Makes a snapshot of the index if one is due: see keepSnapshot. One that cannot be made is no failure of the run: the log says
 * why, and the next reconcile tries again. Rejects with the reason of `signal`, and where the index itself is damaged or unusable.
 */
export async function keepIndexSnapshot(
  mirror: SnapshotKeepingMirror,
  bytes: number,
  signal: AbortSignal,
): Promise<void> {
  const { settings, parts, containerTrouble } = mirror;
  try {
    await keepSnapshot(mirror, bytes, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && fatalErrorOf(settings.name, error) !== undefined) {
      containerTrouble.report(error);
      throw error;
    }
    parts.log.warn('index snapshot not written', { mirror: settings.name, error });
  }
}

/**
 * Takes back what the index snapshot in the container has, where the index is new or was lost: see takeBack. Without a usable one
 * the first reconcile hashes the files; the log says why. Resolves with whether anything was taken. Rejects with the reason
 * of `signal`, and with a StateError when the index cannot be written.
 */
export async function recallIndex(mirror: RebuiltMirror, signal: AbortSignal): Promise<boolean> {
  const { settings, parts } = mirror;
  try {
    const result = await takeBack(mirror, signal);
    return result !== undefined && result.taken > 0;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StateError) throw error;
    const reason =
      error instanceof UnusableSnapshotError ? { why: `it ${error.message}` } : { error };
    const instead = 'files are compared with their objects by hashing them';
    parts.log.warn('index snapshot not used', { mirror: settings.name, ...reason, instead });
    return false;
  }
}
