import type { Clock } from '../../clock.js';
import type { ObjectName } from '../../state/object-index.js';
import type { NamesUnderWay, UnderWay } from '../../state/under-way.js';
import { type MarkFiles, NotBegunError, type RemoteBatchEffects } from './batch-effects.js';
import type { Outcome } from './outcome.js';

/**
 * Names whose objects another process may still write, although their work here is over: it had begun them, and they were done
 * again elsewhere when it was not heard of any more. After WRITTEN_BY_MS each name is decided once more, and its object looked
 * at. Its delete is withheld until then, so that a late write cannot bring an object back whose record is gone.
 *
 * | state   | event                                      | next state |
 * | ------- | ------------------------------------------ | ---------- |
 * | unknown | to be marked, and sent elsewhere           | noted      |
 * | noted   | answered by the only process that had it   | unknown    |
 * | noted   | changed hands, or no answer is to be had   | late       |
 * | noted   | this process ended, and was started again  | late       |
 * | unknown | sent once more after the answer            | late       |
 * | late    | its time has passed, and its job is queued | unknown    |
 */
export interface SecondLooks {
  /** The same effects, which note the names before the first of them is marked. */
  remembering(effects: RemoteBatchEffects): RemoteBatchEffects;
  /** Why the object may not be deleted yet; undefined: nothing is known against it. */
  withholds(name: ObjectName): Outcome | undefined;
}

export interface SecondLooksOptions {
  readonly underWay: UnderWay;
  /** False in a one-shot run, which is not there for so long: late names stay noted for the next daemon. */
  readonly staysForIt: boolean;
  readonly clock: Pick<Clock, 'after'>;
  /** Makes jobs of these names that look at the object first. Resolves when the queue has taken them. */
  readonly look: (names: readonly ObjectName[]) => Promise<void>;
  /** Aborted: nothing is looked at any more. */
  readonly signal: AbortSignal;
}

/**
 * No process writes an object that it was ordered to write so long ago: its trust in lease and lock has ended, and so have its
 * requests, unless it was stopped for longer in the middle of one.
 */
export const WRITTEN_BY_MS = 15 * 60_000;
const AGAIN_MS = 60_000;
/** With so many late names something is wrong with the workers: no further batch is given to them until some were looked at. */
const MOST_LATE = 50_000;
const LATE =
  'another process may be about to write its object; it is looked at again within 15 minutes';

export function createSecondLooks(options: SecondLooksOptions): SecondLooks {
  const { underWay, staysForIt, clock, look, signal } = options;
  /** How many groups have the name. */
  const late = new Map<ObjectName, number>();

  function begin(group: NamesUnderWay): void {
    for (const name of group.names) late.set(name, (late.get(name) ?? 0) + 1);
    if (staysForIt) clock.after(WRITTEN_BY_MS, () => void end(group));
  }

  async function end(group: NamesUnderWay): Promise<void> {
    if (signal.aborted) return;
    for (const name of group.names) {
      const groups = (late.get(name) ?? 1) - 1;
      if (groups > 0) late.set(name, groups);
      else late.delete(name);
    }
    try {
      await look(group.names);
      await group.forget();
    } catch {
      // The index or the disk could not be read, or the mirror is stopped: the names stay noted.
      if (!signal.aborted) clock.after(AGAIN_MS, () => void again(group));
    }
  }

  async function again(group: NamesUnderWay): Promise<void> {
    for (const name of group.names) late.set(name, (late.get(name) ?? 0) + 1);
    await end(group);
  }

  async function beginAgain(names: readonly ObjectName[]): Promise<void> {
    try {
      begin(await underWay.note(names));
    } catch {
      begin({ names, forget: async () => {} }); // the disk is full: it is looked at unless this process ends
    }
  }

  for (const group of underWay.left) begin(group);

  return {
    remembering: (effects) => {
      effects.listen?.((names) => void beginAgain(names));
      return {
        takes: (batch) => late.size < MOST_LATE && effects.takes(batch),
        mayTake: async (batch, ms, abort) =>
          late.size < MOST_LATE && effects.mayTake(batch, ms, abort),
        async send(order, mark, abort) {
          let group: NamesUnderWay | undefined;
          const noting: MarkFiles = async (files) => {
            group = await underWay.note(files.map(({ entry }) => entry.path));
            await mark(files);
          };
          try {
            const answer = await effects.send(order, noting, abort);
            if (answer.changedHands && group !== undefined) begin(group);
            else await group?.forget();
            return answer;
          } catch (error) {
            if (group === undefined) throw error;
            if (error instanceof NotBegunError) await group.forget();
            else begin(group);
            throw error;
          }
        },
      };
    },
    withholds: (name) =>
      late.has(name)
        ? { outcome: staysForIt ? 'deferred' : 'skipped', reason: 'delete-withheld', detail: LATE }
        : undefined,
  };
}
