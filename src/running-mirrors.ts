import type { EndMirror } from './change-runtime.js';
import type { Clock } from './clock.js';
import type { Logger } from './log.js';
import { onAbort } from './signal.js';
import { ownsKey } from './sync/mirror/admission.js';
import { type KeptMirror, keepMirrored } from './sync/mirror/keep-mirrored.js';
import type { Mirror } from './sync/mirror/mirror.js';

/** The mirrors that a daemon watches and keeps equal to their sources. */
export interface RunningMirrors {
  /** Watches the mirrors of the start. `watching` is called once each of them is under way, or has to wait. */
  start(mirrors: readonly Mirror[], watching: () => void): void;
  readonly hasStarted: boolean;
  /** Watches these, too. */
  begin(mirrors: readonly Mirror[]): void;
  /** Undefined: no mirror of this name is watched. */
  of(mirror: string): KeptMirror | undefined;
  /** Ends one, as the end of the daemon would: what runs may finish within the drain time. */
  readonly end: EndMirror;
  /** Resolves when the daemon drains and no mirror is watched any more. */
  ended(): Promise<void>;
}

export interface RunningMirrorsOptions {
  /** Aborted when the daemon goes down. */
  readonly drain: AbortSignal;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info'>;
  /** Milliseconds that running transfers of a mirror may take to finish. */
  readonly drainMs: () => number;
  /** A mirror has ended with this error. */
  readonly failed: (error: unknown) => void;
}

interface Running {
  readonly kept: KeptMirror;
  /** Never rejects. */
  readonly ended: Promise<void>;
  /** Of a mirror of the start. */
  readonly underWay: () => void;
}

export function createRunningMirrors(options: RunningMirrorsOptions): RunningMirrors {
  const { drain, clock, log, drainMs, failed } = options;
  const running = new Map<string, Running>();
  let hasStarted = false;

  function begin(mirror: Mirror, underWay: () => void): void {
    const kept = keepMirrored(mirror, underWay);
    running.set(mirror.settings.name, { kept, ended: kept.ended.catch(failed), underWay });
  }

  return {
    start(mirrors, watching) {
      hasStarted = true;
      const waitingFor = new Set(mirrors);
      for (const mirror of mirrors)
        begin(mirror, () => {
          if (waitingFor.delete(mirror) && waitingFor.size === 0) watching();
        });
    },
    get hasStarted() {
      return hasStarted;
    },
    begin(mirrors) {
      for (const mirror of mirrors) begin(mirror, () => {});
    },
    of: (mirror) => running.get(mirror)?.kept,
    async end({ mirror, target, stop }) {
      const { name } = mirror.settings;
      const reason = new Error(`mirror ${name} ends, as the configuration has changed`);
      log.info('mirror ends', { mirror: name, why: 'the configuration has changed' });
      stop.drain(reason);
      const cancel = clock.after(drainMs(), () => stop.interrupt(reason));
      const one = running.get(name);
      try {
        await Promise.all([target.queue.leave(ownsKey(name)), one?.ended]);
      } finally {
        cancel();
      }
      running.delete(name);
      one?.underWay();
    },
    async ended() {
      await new Promise<void>((resolve) => void onAbort(drain, resolve));
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}
