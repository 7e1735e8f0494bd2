import { failpoint } from '../../failpoint.js';
import type { Dirty, MakeDurable } from './durable.js';
import { toFailure } from './failure.js';
import type { Ticket } from './ticket.js';

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
        change.discard();
        change.ticket.fail(toFailure(error)); // a caller that was answered already gets no second answer
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
      change.discard();
      ticket.fail(toFailure(error));
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
