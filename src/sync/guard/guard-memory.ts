import type { Clock } from '../../clock.js';
import type { GuardState, Ledger, NameSet } from '../../state/ledger.js';
import type { GuardRule } from '../guard-rule.js';
import type { CountingIndex } from './counting-index.js';
import type { ExtraneousVerdict } from './extraneous.js';
import { sumOfHeld } from './held-records.js';
import { aged } from './recent.js';

/** What a guard knows. All but the verdict is in the ledger too. `foreign`: extraneous objects. */
export interface GuardFacts {
  /** Changes that passed within the window. */
  recent: GuardState['recent'];
  /** Set while the guard holds. */
  holding: GuardState['holding'];
  /** The extraneous objects that are held. */
  foreign: NameSet | undefined;
  foreignApproved: NameSet | undefined;
  foreignRejected: NameSet | undefined;
  /** On the extraneous objects that the last reconcile found. */
  verdict: ExtraneousVerdict;
}

/** The facts of a guard, and its two states: open, or holding. */
export interface GuardMemory {
  readonly facts: GuardFacts;
  /** Begins to hold, if it does not yet. Resolves when the ledger has it. */
  hold(why: string): Promise<void>;
  open(why: string): Promise<void>;
  /** Resolves when the ledger has the facts. */
  remember(): Promise<void>;
  /** Counts the held objects again, from the index. */
  recount(): Promise<void>;
  /** Forgets recent changes that have left the window. */
  refreshRecent(windowMs: number): void;
}

export interface GuardMemoryOptions {
  readonly counting: CountingIndex;
  readonly ledger: Ledger;
  readonly rule: GuardRule | undefined;
  readonly clock: Clock;
  /** Called when the guard begins to hold, and when it opens. */
  readonly listener: (holding: boolean, why: string) => void;
}

export function openGuardMemory(options: GuardMemoryOptions): GuardMemory {
  const { counting, ledger, rule, clock, listener } = options;
  const facts = factsIn(ledger.read().guard, rule, clock);
  let agedAtMs = clock.monotonic();

  function remember(): Promise<void> {
    const { recent, holding, foreign, foreignApproved, foreignRejected } = facts;
    const guard: GuardState = {
      asOfMs: clock.now(),
      recent,
      ...(holding && { holding }),
      ...(foreign && { foreign }),
      ...(foreignApproved && { foreignApproved }),
      ...(foreignRejected && { foreignRejected }),
    };
    return ledger.update((document) => ({ ...document, guard }));
  }

  return {
    facts,
    remember,
    async hold(why) {
      if (!facts.holding) {
        facts.holding = { sinceMs: clock.now(), why };
        counting.startFrom({ deletes: 0, overwrites: 0 });
        listener(true, why);
      }
      await remember();
    },
    async open(why) {
      facts.holding = undefined;
      counting.stop();
      listener(false, why);
      await remember();
    },
    async recount() {
      counting.startFrom(await sumOfHeld(counting.index));
    },
    refreshRecent(windowMs) {
      const nowMs = clock.monotonic();
      facts.recent = aged(facts.recent, nowMs - agedAtMs, windowMs);
      agedAtMs = nowMs;
    },
  };
}

function factsIn(
  before: GuardState | undefined,
  rule: GuardRule | undefined,
  clock: Clock,
): GuardFacts {
  const recent = before?.recent ?? [];
  return {
    recent: before && rule ? aged(recent, clock.now() - before.asOfMs, rule.windowMs) : recent,
    holding: before?.holding,
    foreign: before?.foreign,
    foreignApproved: before?.foreignApproved,
    foreignRejected: before?.foreignRejected,
    verdict: 'none',
  };
}
