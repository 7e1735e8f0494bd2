import type { ObjectRecord } from '../state/object-index.js';
import type { Decision, LocalFact, Remote, RemoteFact } from './decide.js';
import { isHashedInParts, isRecorded } from './digests.js';

/** An object of ours that is not what was sent, as its reading has shown: plain JSON. */
export interface Damage {
  /** `changed`: it is another version than the recorded one, which something else has written. */
  readonly problem: 'missing' | 'damaged' | 'changed';
  /** The version that was read. */
  readonly size?: number;
  readonly etag?: string;
  /** With `deletes: trash`: a copy of it is kept in the trash before it is replaced. */
  readonly keep?: true;
}

/**
 * What is to be done about a damaged object. It is sent again only when its file has exactly the recorded content, by a
 * digest: what has changed since then is sent because of its change, and not in the place of a damaged object. Pure and total;
 * `learn` asks for a fact that is missing.
 */
export function decideHealing(
  local: LocalFact | undefined,
  known: ObjectRecord | undefined,
  remote: Remote,
  damage: Damage,
): Decision {
  if (known?.state !== 'confirmed') return { action: 'nothing' }; // another job sees to it, or has
  if (remote === 'unknown') return { action: 'learn', what: 'remote' };
  if (!isStill(damage, remote)) return { action: 'nothing' };
  const what = damage.problem === 'missing' ? 'object-missing' : 'object-damaged';
  if (local === undefined) return { action: 'report', what };
  if (local.entry.size !== known.size || local.entry.kind !== known.kind)
    return { action: 'report', what };
  const same = isRecorded(local, known);
  if (same === undefined)
    return {
      action: 'learn',
      what: 'local-md5',
      ...(isHashedInParts(known) && { partSize: known.partSize }),
    };
  if (!same) return { action: 'report', what };
  return { action: 'upload', why: damage.problem === 'changed' ? 'drift' : damage.problem };
}

/** Whether the object is the one that was read. */
function isStill({ problem, size, etag }: Damage, remote: 'absent' | RemoteFact): boolean {
  if (problem === 'missing' || remote === 'absent')
    return problem === 'missing' && remote === 'absent';
  return remote.size === size && remote.etag === etag;
}
