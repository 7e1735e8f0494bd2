import type { MirrorSettings } from '../mirror-settings.js';
import type { MirrorParts } from './mirror-parts.js';

/** The target held objects of this mirror, and is suddenly another one without anything in it. Nothing is written to it. */
export class TargetChangedError extends Error {
  override readonly name = 'TargetChangedError';
}

interface StartingMirror {
  readonly parts: Pick<MirrorParts, 'index' | 'ledger' | 'blankTarget'>;
  readonly settings: Pick<MirrorSettings, 'name' | 'target'>;
}

/**
 * Refuses a target that the index says holds objects and that has nothing of longshore in it, as the mount point of a disk that is
 * not mounted.
 * @throws TargetChangedError
 */
export function refuseBlankTarget({
  parts: { index, ledger, blankTarget },
  settings: { name, target },
}: StartingMirror): void {
  if (index.count() === 0 || ledger.read().acceptedTarget === true) return;
  const why = blankTarget?.();
  if (why === undefined) return;
  throw new TargetChangedError(
    `target ${target} held objects of this mirror, and ${why}, as it would be if its disk were not mounted; mount it, or if that is meant, stop the daemon and run: longshore accept-target ${name}`,
  );
}

/** The target that was meant has been written to. */
export async function forgetAcceptedTarget({ ledger }: Pick<MirrorParts, 'ledger'>): Promise<void> {
  if (ledger.read().acceptedTarget !== true) return;
  await ledger.update(({ acceptedTarget: _, ...document }) => document);
}
