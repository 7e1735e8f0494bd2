import type { Clock } from '../clock.js';
import type { Bucket } from '../drivers/layers/bucket.js';
import type { Logger } from '../log.js';
import {
  askLimits,
  keysOf,
  type LimitAnswer,
  type LimitRedis,
  leaveLimits,
} from './limit-script.js';
import { openSharedBucket } from './shared-bucket.js';

/** The limits of one target over all processes that use it: a daemon and its workers. */
export interface SharedLimits {
  /** One for each kind. `perSecond` as for `openBucket`. */
  bucket(kind: 'bytes' | 'calls', perSecond: () => number): Bucket;
  /** No process begins calls for this time. A shorter hold does not end a longer one. Never fails: without Redis it holds this process. */
  hold(ms: number): void;
  /** Milliseconds until calls may begin, as last heard, at most two seconds ago; 0: they may. */
  heldMs(): number;
  /** The others get this one's share at once. Never rejects. */
  close(): Promise<void>;
}

export interface SharedLimitsOptions {
  readonly redis: LimitRedis;
  /** The daemon whose configuration names the target. */
  readonly scope: string;
  readonly target: string;
  /** This process among those that share the limits. */
  readonly member: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Between questions of a process that draws nothing: it keeps its share, and hears of holds. */
const HEARTBEAT_MS = 2_000;
/** A draw without an answer for this long is not waited for: Redis counts as away. */
const ANSWER_MS = 1_000;
/** A provider that asks for more is asked again after this. */
const LONGEST_HOLD_MS = 900_000;

export function openSharedLimits(options: SharedLimitsOptions): SharedLimits {
  const { redis, target, member, clock, log } = options;
  const keys = keysOf(options.scope, target);
  let members = 1;
  let isShared = true;
  /** Redis has answered before. Without that no other process has work that would need a share. */
  let wasShared = false;
  let heldUntilMs = Number.NEGATIVE_INFINITY;
  let closed = false;

  const heldMs = () => Math.max(0, heldUntilMs - clock.monotonic());

  async function ask(kind: string, perSecond: number, amount: number, holdMs: number) {
    const bucket = keys.bucketOf(kind);
    const question = { bucket, perSecond, amount, holdMs };
    try {
      const answer = await withinTime(askLimits(redis, keys, member, question));
      if (!isShared && wasShared)
        log.info('limits are shared again', { target, processes: answer.members });
      isShared = true;
      wasShared = true;
      members = answer.members;
      heldUntilMs = Math.max(heldUntilMs, clock.monotonic() + answer.heldMs);
      return answer;
    } catch (error) {
      if (isShared && wasShared && !closed)
        log.warn('limits are not shared: Redis is away', { target, processes: members, error });
      isShared = false;
      return undefined;
    }
  }

  /** The answer that comes too late is not counted: what it drew is lost to all, which keeps the limit. */
  async function withinTime(asking: Promise<LimitAnswer>): Promise<LimitAnswer> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(ANSWER_MS, () => reject(new Error(`no answer within ${ANSWER_MS} ms`)));
    });
    try {
      return await Promise.race([asking, late]);
    } finally {
      cancel();
    }
  }

  let stopBeating = () => {};
  function beat(): void {
    stopBeating = clock.after(HEARTBEAT_MS, () => {
      void ask('none', 0, 0, 0).then(() => {
        if (!closed) beat();
      });
    });
  }
  beat();

  return {
    bucket: (kind, perSecond) =>
      openSharedBucket({
        clock,
        perSecond,
        draw: (rate, amount) => ask(kind, rate, amount, 0),
        isShared: () => isShared,
        members: () => members,
      }),
    hold(ms) {
      const holdMs = Math.min(ms, LONGEST_HOLD_MS);
      if (holdMs <= heldMs()) return;
      heldUntilMs = clock.monotonic() + holdMs;
      void ask('none', 0, 0, holdMs);
    },
    heldMs,
    async close() {
      closed = true;
      stopBeating();
      await leaveLimits(redis, keys, member).catch(() => {});
    },
  };
}
