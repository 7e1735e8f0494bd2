import { spawn } from 'node:child_process';
import { failpoint } from '../../failpoint.js';
import { syncPath } from '../sync-path.js';
import { toFailure, withPath } from './failure.js';
import type { Ticket } from './protocol.js';

/** One change of what callers see, prepared as far as it can be without being seen. */
export interface Change {
  readonly ticket: Ticket;
  /** What must be on the disk before the change is made. */
  readonly contents: readonly Dirty[];
  /** Makes it. Runs alone among all that write to this root. */
  publish(): Published;
  /** Leaves nothing behind when it is not made. */
  discard(): void;
}

export interface Published {
  readonly answer: unknown;
  /** What must be on the disk before the caller is answered: folders with other names in them, as a rule. */
  readonly dirty: readonly Dirty[];
}

export interface Commits {
  add(change: Change): void;
  /** Begins with what was added. */
  flush(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/**
 * Group commit. One round makes durable the contents of the changes that are ready and, with the same sync, the names
 * of those that the round before has published. Without `makeDurable`, changes are published as they come.
 */
export function createCommits(
  exclusive: <T>(run: () => T) => T,
  makeDurable: MakeDurable | undefined,
): Commits {
  let ready: Change[] = [];
  let visible: (Published & { readonly ticket: Ticket })[] = [];
  let running: Promise<void> | undefined;

  function publish(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    try {
      exclusive(() => {
        for (const change of changes) {
          publishOne(change);
          failpoint('local: one of a group renamed, the others not');
        }
      });
      failpoint('local: group committed, folders not synced');
    } catch (error) {
      for (const change of changes) {
        change.ticket.fail(toFailure(error)); // a caller that was answered already gets no second answer
        change.discard();
      }
    }
  }

  function publishOne(change: Change): void {
    const { ticket } = change;
    if (!ticket.take()) {
      change.discard();
      return;
    }
    try {
      const published = change.publish();
      if (makeDurable) visible.push({ ticket, ...published });
      else ticket.answer(published.answer);
    } catch (error) {
      ticket.fail(toFailure(error));
      change.discard();
    }
  }

  async function rounds(sync: MakeDurable): Promise<void> {
    while (ready.length > 0 || visible.length > 0) {
      const changes = ready;
      const named = visible;
      ready = [];
      visible = [];
      const failures = await sync([
        ...changes.flatMap(({ contents }) => contents),
        ...named.flatMap(({ dirty }) => dirty),
      ]);
      failpoint('local: contents synced, not renamed');
      for (const { ticket, answer, dirty } of named) {
        const failed = dirty.find(({ path }) => failures.has(path));
        if (failed === undefined) ticket.answer(answer);
        else ticket.fail(toFailure(failures.get(failed.path)));
      }
      publish(changes.filter((change) => !failedContent(change, failures)));
    }
  }

  function failedContent(change: Change, failures: ReadonlyMap<string, Error>): boolean {
    const failed = change.contents.find(({ path }) => failures.has(path));
    if (failed === undefined) return false;
    change.discard();
    change.ticket.fail(toFailure(failures.get(failed.path)));
    return true;
  }

  return {
    add: (change) => void ready.push(change),
    flush() {
      const atOnce = makeDurable ? ready.filter(({ contents }) => contents.length === 0) : ready;
      ready = makeDurable ? ready.filter(({ contents }) => contents.length > 0) : [];
      publish(atOnce);
      if (
        makeDurable === undefined ||
        running !== undefined ||
        (ready.length === 0 && visible.length === 0)
      )
        return;
      running = rounds(makeDurable).finally(() => {
        running = undefined;
      });
    },
    idle: async () => {
      while (running !== undefined) await running;
    },
  };
}

/** A file or folder that must survive a loss of power, and any folder of the file system that it is in. */
export interface Dirty {
  readonly path: string;
  readonly volume: string;
}

/** Resolves when all of them are on the disk, with the errors of those that are not, by path. */
export type MakeDurable = (dirty: readonly Dirty[]) => Promise<ReadonlyMap<string, Error>>;

/**
 * From this many on, one syncfs costs less than an fsync for each. It also writes what others have left dirty on that
 * file system, so that it is not worth it for a few.
 */
const SYNC_ALL_FROM = 24;

/** fsync calls under way at once; more of them only wait in libuv's pool. */
const AT_ONCE = 16;

export function createMakeDurable(): MakeDurable {
  let canSyncFileSystem = process.platform === 'linux';

  return async (dirty) => {
    const failures = new Map<string, Error>();
    for (const [volume, paths] of byVolume(dirty)) {
      if (canSyncFileSystem && paths.size >= SYNC_ALL_FROM) {
        const outcome = await syncFileSystem(volume);
        if (outcome === 'done') continue;
        if (outcome === 'no such program') canSyncFileSystem = false;
      }
      await syncEach([...paths], failures);
    }
    return failures;
  };
}

function byVolume(dirty: readonly Dirty[]): ReadonlyMap<string, ReadonlySet<string>> {
  const volumes = new Map<string, Set<string>>();
  for (const { path, volume } of dirty) {
    const paths = volumes.get(volume);
    if (paths) paths.add(path);
    else volumes.set(volume, new Set([path]));
  }
  return volumes;
}

/** Node has no syncfs(2); coreutils has it as a program. */
function syncFileSystem(volume: string): Promise<'done' | 'failed' | 'no such program'> {
  return new Promise((resolve) => {
    const child = spawn('sync', ['-f', volume], { stdio: 'ignore' });
    child.once('error', () => resolve('no such program'));
    child.once('exit', (code) => resolve(code === 0 ? 'done' : 'failed'));
  });
}

async function syncEach(paths: readonly string[], failures: Map<string, Error>): Promise<void> {
  const waiting = paths.values();
  const worker = async () => {
    for (const path of waiting) {
      try {
        await syncPath(path);
      } catch (error) {
        failures.set(path, withPath(path, error) as Error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, paths.length) }, worker));
}
