import type { ObjectName } from '../../state/object-index.js';
import { type ScanOptions, startScan } from '../scan/scan.js';
import type { ScanRequest } from '../scan/scan-items.js';
import type { Whereabouts } from '../work/whereabouts.js';
import type { Intake } from './intake.js';
import type { Mirror } from './mirror.js';
import type { Run } from './runs.js';

export type TwiceWalkedMirror = Pick<Mirror, 'pending'> & {
  readonly parts: Pick<Mirror['parts'], 'index'>;
  readonly whereabouts: Pick<Whereabouts, 'sighted' | 'unnameable' | 'isSighted'>;
  readonly intake: Pick<Intake, 'enqueue'>;
};

/**
 * Walks the source once more, for files that moved while it was walked from where the walk had not been yet to where it had
 * been already: their old names are missing, and nothing knows their new ones. Makes jobs of these, so that the deletes of the
 * old names wait for them. A file whose inode has no other name in the index did not move. Rejects as a scan does.
 */
export async function findMoved(
  mirror: TwiceWalkedMirror,
  run: Run,
  request: ScanRequest,
  options: Pick<ScanOptions, 'signal' | 'clock' | 'cutAt'>,
): Promise<void> {
  const { intake, pending, whereabouts, parts } = mirror;
  await parts.index.flush(); // what was recorded meanwhile is not found once more
  for await (const items of startScan(
    { ...request, batchFiles: 0, noDeletes: 'this is a second walk' },
    options,
  )) {
    for (const item of items) {
      options.signal.throwIfAborted();
      if (item.kind === 'problem' && item.inode !== undefined)
        whereabouts.unnameable(item.path, item.inode, item.detail);
      if (item.kind !== 'finding' || item.local === undefined || item.decision.action === 'report')
        continue;
      if (!isAnotherName(item.name, parts.index.namesOfInode(item.local.inode))) continue;
      if (whereabouts.isSighted(item.name, item.local.inode)) continue;
      if (pending.has(item.name)) whereabouts.sighted(item.name, item.local.inode);
      else await intake.enqueue(item, run);
    }
  }
}

function isAnotherName(name: ObjectName, known: readonly ObjectName[]): boolean {
  return known.some((each) => each !== name);
}
