import type { BigIntStats } from 'node:fs';
import type { Clock } from '../../clock.js';
import type { SourceIdentity } from '../../state/ledger.js';
import { marksOf } from '../../watcher/file-system-id.js';
import type { Source } from '../../watcher/source.js';

type Seen = Pick<Source, 'realRoot' | 'device' | 'inode' | 'birthtimeNs'>;

/** A folder's stat as identityOf takes it. */
export function seenAt(
  realRoot: string,
  { dev, ino, birthtimeNs }: Pick<BigIntStats, 'dev' | 'ino' | 'birthtimeNs'>,
): Seen {
  return { realRoot, device: dev, inode: ino, birthtimeNs };
}

/** What the ledger keeps of a source, to know it again. */
export function identityOf({ realRoot, device, inode, birthtimeNs }: Seen): SourceIdentity {
  const { birthTimeNs, ...marks } = marksOf(realRoot, { dev: device, birthtimeNs });
  return {
    device: String(device),
    inode: String(inode),
    ...marks,
    ...(birthTimeNs !== undefined && { birthTimeNs: String(birthTimeNs) }),
  };
}

/**
 * For so long what was learned of a folder's file system counts, while the folder keeps its numbers. To unmount a disk and to
 * mount another one in its place takes longer, and between a look and the delete that follows it more time may pass.
 */
const FRESH_MS = 20;

/**
 * `identify` (see identityOf) for who asks before each of many thousand deletes: it costs a hundred times as much as the
 * look at the folder itself, which is for the caller to take each time. Both clocks must say that it was just now: one
 * stands still while the machine sleeps, the other may be set.
 */
export function identifyingOften(
  clock: Pick<Clock, 'now' | 'monotonic'>,
  identify = identityOf,
): (seen: Seen) => SourceIdentity {
  let last:
    | {
        readonly seen: Seen;
        readonly identity: SourceIdentity;
        readonly atMs: number;
        readonly monotonicMs: number;
      }
    | undefined;
  const isFresh = ({ atMs, monotonicMs }: NonNullable<typeof last>) =>
    Math.abs(clock.now() - atMs) < FRESH_MS && clock.monotonic() - monotonicMs < FRESH_MS;
  return (seen) => {
    if (last !== undefined && isSame(last.seen, seen) && isFresh(last)) return last.identity;
    const [atMs, monotonicMs] = [clock.now(), clock.monotonic()]; // from before the look
    last = { seen, identity: identify(seen), atMs, monotonicMs };
    return last.identity;
  };
}

/** The same for who is done soon, and leaves the last word to a closer look: what was learned counts while the folder keeps its numbers. */
export function identifyingOnce(identify = identityOf): (seen: Seen) => SourceIdentity {
  const known = new Map<string, SourceIdentity>();
  return (seen) => {
    const key = `${seen.device}:${seen.inode}:${seen.birthtimeNs} ${seen.realRoot}`;
    const identity = known.get(key) ?? identify(seen);
    known.set(key, identity);
    return identity;
  };
}

function isSame(a: Seen, b: Seen): boolean {
  return (
    a.realRoot === b.realRoot &&
    a.device === b.device &&
    a.inode === b.inode &&
    a.birthtimeNs === b.birthtimeNs
  );
}

/**
 * Whether it is the same folder. A field that only one of the two has does not count: it may be from a longshore that did not
 * look for it, or from before the device could be read. The device number counts only where neither a UUID nor a number
 * of the file system's own is reported: it may be another one after a reboot, and another disk may have it.
 */
export function sameSource(a: SourceIdentity, b: SourceIdentity): boolean {
  if (a.inode !== b.inode || differ(a.birthTimeNs, b.birthTimeNs)) return false;
  if (a.fileSystemUuid !== undefined && b.fileSystemUuid !== undefined)
    return a.fileSystemUuid === b.fileSystemUuid;
  if (a.fsid !== undefined && b.fsid !== undefined) return a.fsid === b.fsid;
  return a.device === b.device;
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}
