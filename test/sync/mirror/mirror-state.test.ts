import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lagOf, type MirrorFacts, stateOf } from '../../../src/sync/mirror/mirror-state.js';
import type { Moment } from '../../../src/sync/moment.js';

const DONE: MirrorFacts = {
  begun: true,
  trouble: undefined,
  pausedUntilMs: undefined,
  target: undefined,
  deleteVeto: undefined,
  scans: [],
  pending: 0,
  unsettled: false,
  dropped: 0,
  deferred: 0,
  behind: () => undefined,
  refusal: undefined,
  failing: 0,
  held: false,
  unwatched: [],
};
const refusal = (reconciled: boolean) => ({ run: 'reconcile', why: '400', reconciled });

/** From the fact that decides before all others to the one that decides after all others. */
const BY_WEIGHT: readonly (readonly [Partial<MirrorFacts>, state: string, why: string])[] = [
  [{ trouble: { state: 'source-missing', why: 'not there' } }, 'source-missing', 'not there'],
  [{ pausedUntilMs: 0 }, 'paused', 'paused until 1970-01-01T00:00:00.000Z'],
  [{ target: { state: 'target-down', why: 'no answer' } }, 'target-down', 'no answer'],
  [{ deleteVeto: 'another folder' }, 'source-changed', 'another folder'],
  [{ begun: false }, 'starting', ''],
  [{ scans: ['rescan timer', 'start'] }, 'scanning', 'rescan timer'],
  [{ refusal: refusal(false) }, 'target-down', '400'],
  [{ pending: 1 }, 'transferring', ''],
  [{ unsettled: true }, 'transferring', ''],
  [{ dropped: 2 }, 'transferring', 'the work on 2 objects was dropped'],
  [{ deferred: 1 }, 'transferring', '1 delete waits until no worker can write the object any more'],
  [{ refusal: refusal(true) }, 'failing', 'a reconcile is refused and tried again: 400'],
  [{ failing: 1 }, 'failing', '1 object failed repeatedly'],
  [{ held: true }, 'held', 'deletes or overwrites are held'],
  [
    { unwatched: [{ under: 'a', why: 'no watches left' }] },
    'degraded',
    '1 folder is not watched, but scanned on a timer (a: no watches left)',
  ],
];

const BEHIND = { behind: () => 'the oldest change waits for longer than 1 s (max_lag)' };

describe('mirror state', () => {
  test('is behind while work takes longer than max_lag, and says what is worse where something is', () => {
    for (const work of [
      { pending: 1 },
      { scans: ['start'] },
      { dropped: 1 },
      { deferred: 2 },
      { unsettled: true },
    ])
      expect(stateOf({ ...DONE, ...work, ...BEHIND }).state).toBe('behind');
    expect(stateOf({ ...DONE, ...BEHIND }).state).toBe('in-sync');
    expect(stateOf({ ...DONE, ...BEHIND, failing: 1 }).state).toBe('failing');
    const down = { state: 'target-down', why: 'no answer' } as const;
    expect(stateOf({ ...DONE, ...BEHIND, pending: 1, target: down })).toEqual(down);
  });

  test.each(BY_WEIGHT)('is decided by %j alone', (fact, state, why) => {
    expect(stateOf({ ...DONE, ...fact })).toEqual({ state, why });
  });

  test('is in-sync when nothing is the matter, and never when anything is', () => {
    expect(stateOf(DONE)).toEqual({ state: 'in-sync', why: '' });
    fc.assert(
      fc.property(fc.subarray(BY_WEIGHT as [], { minLength: 1 }), (some: typeof BY_WEIGHT) => {
        const facts = Object.assign({}, DONE, ...some.map(([fact]) => fact)) as MirrorFacts;
        expect(stateOf(facts).state).not.toBe('in-sync');
      }),
    );
  });

  test('of two facts that say different things the weightier one decides', () => {
    for (const [at, [fact, state]] of BY_WEIGHT.entries()) {
      for (const [lesser] of BY_WEIGHT.slice(at + 1))
        expect(stateOf({ ...DONE, ...lesser, ...fact }).state).toBe(state);
    }
  });

  test('names all that is left when everything else is done', () => {
    expect(stateOf({ ...DONE, failing: 3, refusal: refusal(true), held: true }).why).toBe(
      '3 objects failed repeatedly; a reconcile is refused and tried again: 400; deletes or overwrites are held',
    );
  });
});

describe('lag', () => {
  const clock = { now: () => 1_000_000, monotonic: () => 500_000 };
  const ago = (ms: number): Moment => ({ wallMs: 1_000_000 - ms, monotonicMs: 500_000 - ms });

  test.each([
    [[], undefined, 0],
    [[ago(2_000), ago(7_000), ago(1)], undefined, 7],
    [[ago(2_000), null], undefined, null],
    [[], { after: ago(60_000) }, null],
    [[], { after: null }, null],
    [[ago(5_000)], { after: ago(60_000) }, null],
    [[ago(90_000)], { after: ago(60_000) }, 90],
    [[ago(90_000)], { after: null }, null],
  ])('of changes known %j and unfound %j is %j', (known, unfound, seconds) => {
    expect(lagOf({ known, unfound }, clock)).toBe(seconds);
  });

  test('is counted by the clock that shows more of it: one stands still in a suspended machine, the other may be set back', () => {
    expect(
      lagOf(
        { known: [{ wallMs: 1_000_000 - 3_600_000, monotonicMs: 499_000 }], unfound: undefined },
        clock,
      ),
    ).toBe(3_600);
    expect(
      lagOf(
        { known: [{ wallMs: 1_000_000 + 3_600_000, monotonicMs: 499_000 }], unfound: undefined },
        clock,
      ),
    ).toBe(1);
  });
});
