import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.js';
import { CONFIRM_MS } from './limits.js';

export type Decision = 'approve' | 'reject';

/** What a person saw when the decision was offered. */
export interface Shown {
  readonly mirror: string;
  /** Stands for the whole list of what is held. */
  readonly id: string;
  readonly deletes: number;
  readonly overwrites: number;
  readonly extraneous: number;
  /** Whose page it was. */
  readonly session: string;
}

/** Binds a decision to what was shown to one session, once, for ten minutes. */
export interface Confirmations {
  /** `untilMs` is since the epoch. */
  issue(shown: Shown): {
    readonly confirm: Readonly<Record<Decision, string>>;
    readonly untilMs: number;
  };
  /** True at most once for what `issue` has returned, if the decision is the same and `shown` is what was shown then. */
  redeem(confirm: string, decision: Decision, shown: Shown): boolean;
}

const FORM = /^c1\.([\da-z]{1,12})\.([\w-]{16})\.([\w-]{43})$/;

export function createConfirmations(
  clock: Pick<Clock, 'now' | 'monotonic'>,
  key: Buffer = randomBytes(32),
): Confirmations {
  /** Those that were used, with the time from which they would not count anyway. */
  const used = new Map<string, number>();

  /** On the clock that only grows, so that a clock that is set back makes no old page good again. */
  const endOf = () => Math.floor(clock.monotonic()) + CONFIRM_MS;

  function mac(decision: Decision, shown: Shown, endMs: number, nonce: string): string {
    const { mirror, id, deletes, overwrites, extraneous, session } = shown;
    return createHmac('sha256', key)
      .update(
        JSON.stringify([
          decision,
          mirror,
          id,
          deletes,
          overwrites,
          extraneous,
          session,
          endMs,
          nonce,
        ]),
      )
      .digest('base64url');
  }

  function confirmation(decision: Decision, shown: Shown): string {
    const [endMs, nonce] = [endOf(), randomBytes(12).toString('base64url')];
    return `c1.${endMs.toString(36)}.${nonce}.${mac(decision, shown, endMs, nonce)}`;
  }

  return {
    issue: (shown) => ({
      confirm: { approve: confirmation('approve', shown), reject: confirmation('reject', shown) },
      untilMs: clock.now() + CONFIRM_MS,
    }),
    redeem(confirm, decision, shown) {
      const [, end = '', nonce = '', given = ''] = FORM.exec(confirm) ?? [];
      const endMs = Number.parseInt(end, 36);
      const wanted = mac(decision, shown, endMs, nonce);
      if (given.length !== wanted.length) return false;
      if (!timingSafeEqual(Buffer.from(given), Buffer.from(wanted))) return false;
      const now = clock.monotonic();
      for (const [each, untilMs] of used) if (untilMs <= now) used.delete(each);
      if (endMs <= now || used.has(nonce)) return false;
      used.set(nonce, endMs);
      return true;
    },
  };
}
