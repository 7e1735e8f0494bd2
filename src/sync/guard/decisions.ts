import { createHash } from 'node:crypto';
import type { ObjectIndex } from '../../state/object-index.js';
import { type Guard, HeldChangedError, type HeldDescription } from './guard.js';
import type { GuardFacts, GuardMemory } from './guard-memory.js';
import { changeVerdicts, sumOfHeld } from './held-records.js';

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
  { facts, open, remember }: GuardMemory,
  { decide }: Turns,
): Decisions {
  async function expectId(id: string): Promise<void> {
    const now = await describe(index, facts);
    if (now.id === '') throw new HeldChangedError('nothing is held');
    if (now.id !== id)
      throw new HeldChangedError(
        `"${id}" is not what is held now (that is ${now.id}); look at it again`,
      );
  }

  return {
    describe: () => decide(() => describe(index, facts)),
    approve: (id) =>
      decide(async () => {
        await expectId(id);
        const changed = await changeVerdicts(index, {
          'delete-held': 'delete-approved',
          'overwrite-held': 'overwrite-approved',
        });
        const passing = facts.foreign?.count ?? 0;
        facts.foreignApproved = facts.foreign ?? facts.foreignApproved;
        if (facts.foreign) facts.foreignRejected = undefined;
        facts.foreign = undefined;
        // A person has checked the mirror: earlier changes do not count any more.
        facts.recent = [];
        await open('what was held has been approved');
        return changed + passing;
      }),
    reject: (id) =>
      decide(async () => {
        await expectId(id);
        const changed = await changeVerdicts(index, {
          'delete-held': 'rejected',
          'overwrite-held': 'rejected',
        });
        const kept = facts.foreign?.count ?? 0;
        if (facts.foreign) {
          facts.foreignRejected = facts.foreign;
          facts.verdict = 'stay';
        }
        facts.foreign = undefined;
        await open('what was held has been rejected: the objects are kept');
        return changed + kept;
      }),
    undoRejections: () =>
      decide(async () => {
        const changed = await changeVerdicts(index, { rejected: 'nothing' });
        const undone = facts.foreignRejected?.count ?? 0;
        facts.foreignRejected = undefined;
        if (facts.verdict === 'stay') facts.verdict = 'new';
        if (undone > 0) await remember();
        return changed + undone;
      }),
  };
}

async function describe(
  index: ObjectIndex,
  { holding, foreign }: GuardFacts,
): Promise<HeldDescription> {
  if (!holding) return { id: '', sinceMs: null, why: '', deletes: 0, overwrites: 0, foreign: 0 };
  const { digest, deletes, overwrites } = await sumOfHeld(index);
  const id = createHash('sha256')
    .update(digest)
    .update(foreign?.digest ?? '')
    .digest('hex')
    .slice(0, ID_LENGTH);
  return { id, ...holding, deletes, overwrites, foreign: foreign?.count ?? 0 };
}
