import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSecondsOf, ownMebibytesOf } from './proc.js';
import { type Command, cleanEnvironment } from './timing.js';

/** A running `longshore run`, or `longshore worker`. */
export interface Daemon {
  /** User and system seconds since it started, children included. */
  cpuSeconds(): number;
  /** Most RssAnon in MiB since the last call. */
  takeOwnPeak(): number;
  /** Resolves as soon as `reached` returns true, asked every `everyMs`. Rejects when the daemon ends, or after ten minutes. */
  until(reached: () => boolean, everyMs: number): Promise<void>;
  /** Resolves once the daemon has logged this text. */
  untilLogged(text: string): Promise<void>;
  /** Resolves once it has used almost no CPU time for a second. */
  untilQuiet(): Promise<void>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 600_000;
const SAMPLE_MS = 20;
const QUIET_MS = 1_000;
const QUIET_CPU_SECONDS = 0.02;
const LAST_CHARACTERS = 4_000;

export function startDaemon({ argv }: Command, folder: string): Daemon {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    cwd: folder,
    env: cleanEnvironment(folder),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const pid = child.pid ?? 0;
  const ended = once(child, 'close');
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, ownMebibytesOf(pid));
  }, SAMPLE_MS);

  const until = async (reached: () => boolean, everyMs: number): Promise<void> => {
    const latest = performance.now() + PATIENCE_MS;
    while (!reached()) {
      const why = child.exitCode !== null || child.signalCode !== null ? 'ended' : 'is not done';
      if (why === 'ended' || performance.now() > latest)
        throw new Error(`the daemon ${why}: ${log.slice(-LAST_CHARACTERS)}`);
      await delay(everyMs);
    }
  };

  return {
    cpuSeconds: () => cpuSecondsOf(pid),
    takeOwnPeak() {
      const most = peak;
      peak = 0;
      return most;
    },
    until,
    untilLogged: (text) => until(() => log.includes(text), 5),
    async untilQuiet() {
      let before = Number.NaN;
      await until(() => {
        const used = cpuSecondsOf(pid) - before;
        before = cpuSecondsOf(pid);
        return used <= QUIET_CPU_SECONDS;
      }, QUIET_MS);
    },
    async stop() {
      clearInterval(sampling);
      child.kill('SIGTERM');
      await ended;
    },
  };
}
