import type { GuardState, NameSet } from '../../state/ledger.js';
import type { GuardRule } from '../guard-rule.js';
import type { ExtraneousVerdict } from './extraneous.js';
import { aged } from './recent.js';

/** What a guard knows. All but the verdict and the runs is in the ledger too. */
export interface GuardFacts {
  /** Changes that passed within the window. */
  readonly recent: GuardState['recent'];
  /** Set while the guard holds. */
  readonly holding: GuardState['holding'];
  /** Extraneous objects: those that are held, and those that a person decided about. */
  readonly extraneousHeld: NameSet | undefined;
  readonly extraneousApproved: NameSet | undefined;
  readonly extraneousRejected: NameSet | undefined;
  /** On the extraneous objects that the last reconcile found. */
  readonly verdict: ExtraneousVerdict;
  /** Runs that have reported how much they found and are not over: they may still add to what is held. */
  readonly runs: number;
}

/** The facts that an earlier process left in the ledger. Its changes age by the time of day, as no other clock outlives it. */
export function factsIn(
  ledger: GuardState | undefined,
  rule: GuardRule | undefined,
  nowMs: number,
): GuardFacts {
  const recent = ledger?.recent ?? [];
  return {
    recent: ledger && rule ? aged(recent, nowMs - ledger.asOfMs, rule.windowMs) : recent,
    holding: ledger?.holding,
    extraneousHeld: ledger?.foreign,
    extraneousApproved: ledger?.foreignApproved,
    extraneousRejected: ledger?.foreignRejected,
    verdict: 'none',
    runs: 0,
  };
}

/** The facts as the ledger keeps them. */
export function ledgerFormOf(facts: GuardFacts, nowMs: number): GuardState {
  const { recent, holding, extraneousHeld, extraneousApproved, extraneousRejected } = facts;
  return {
    asOfMs: nowMs,
    recent,
    ...(holding && { holding }),
    ...(extraneousHeld && { foreign: extraneousHeld }),
    ...(extraneousApproved && { foreignApproved: extraneousApproved }),
    ...(extraneousRejected && { foreignRejected: extraneousRejected }),
  };
}
