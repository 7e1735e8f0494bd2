import { createHash } from 'node:crypto';
import type { ObjectIndex } from '../../state/object-index.js';
import { type Guard, HeldChangedError, type HeldDescription } from './guard.js';
import type { GuardFacts } from './guard-facts.js';
import type { GuardMachine } from './guard-step.js';
import { changeVerdicts, type RecordVisitor, sumOfHeld } from './held-records.js';

/** A person's decisions on what is held. */
export type Decisions = Pick<Guard, 'describe' | 'approve' | 'reject' | 'undoRejections'>;

/** Runs one decision at a time. Whatever asks the guard waits while `deciding` is set, and looks again then. */
export interface Turns {
  readonly deciding: Promise<unknown> | undefined;
  decide<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  let deciding: Promise<unknown> | undefined;
  return {
    get deciding() {
      return deciding;
    },
    async decide(work) {
      while (deciding !== undefined) await deciding;
      const working = work();
      deciding = working.catch(() => undefined);
      try {
        return await working;
      } finally {
        deciding = undefined;
      }
    },
  };
}

const ID_LENGTH = 12;

export function createDecisions(
  index: ObjectIndex,
  machine: GuardMachine,
  { decide }: Turns,
): Decisions {
  const describeNow = (visit?: RecordVisitor) => describe(index, machine.facts, visit);

  /** Makes one decision about all that is held, if that is what `id` stands for. */
  function decideHeld(
    id: string,
    type: 'approved' | 'rejected',
    verdicts: Parameters<typeof changeVerdicts>[1],
  ): Promise<number> {
    return decide(async () => {
      expectSame(id, (await describeNow()).id);
      const records = await changeVerdicts(index, verdicts);
      const extraneous = machine.facts.extraneousHeld?.count ?? 0;
      await machine.apply({ type }).saved;
      return records + extraneous;
    });
  }

  return {
    describe: (visit) => decide(() => describeNow(visit)),
    approve: (id) =>
      decideHeld(id, 'approved', {
        'delete-held': 'delete-approved',
        'overwrite-held': 'overwrite-approved',
      }),
    reject: (id) =>
      decideHeld(id, 'rejected', { 'delete-held': 'rejected', 'overwrite-held': 'rejected' }),
    undoRejections: () =>
      decide(async () => {
        const records = await changeVerdicts(index, { rejected: 'nothing' });
        const extraneous = machine.facts.extraneousRejected?.count ?? 0;
        await machine.apply({ type: 'rejections undone' }).saved;
        return records + extraneous;
      }),
  };
}

function expectSame(id: string, now: string): void {
  if (now === '') throw new HeldChangedError('nothing is held');
  if (now !== id)
    throw new HeldChangedError(
      `"${id}" is not what is held now (that is ${now}); look at it again`,
    );
}

async function describe(
  index: ObjectIndex,
  { holding, extraneousHeld }: GuardFacts,
  visit: RecordVisitor | undefined,
): Promise<HeldDescription> {
  if (!holding) return { id: '', sinceMs: null, why: '', deletes: 0, overwrites: 0, foreign: 0 };
  const { digest, deletes, overwrites } = await sumOfHeld(index, visit);
  const id = createHash('sha256')
    .update(digest)
    .update(extraneousHeld?.digest ?? '')
    .digest('hex')
    .slice(0, ID_LENGTH);
  return { id, ...holding, deletes, overwrites, foreign: extraneousHeld?.count ?? 0 };
}
