import type { Readable, Writable } from 'node:stream';
import { type Clock, systemClock } from '../clock.js';
import type { OpenDaemon, RunOnce } from '../daemon.js';
import { UsageError } from './exit.js';
import { STOP_SIGNALS, type StopSignal } from './stop-signal.js';

export type { StopSignal } from './stop-signal.js';

/** A standard stream: a terminal, or a file or pipe without these marks. */
export type Stream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly fd?: number;
};

/** Everything that the command line takes from outside. Tests bring their own. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current folder. @throws UsageError when it has been removed. */
  readonly cwd: string;
  /** Who runs it, where the system has numbers for that. */
  readonly uid?: number | undefined;
  readonly clock: Clock;
  /** Calls the listener at each stop signal, which then does not end the program. Returns what gives them back. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** Calls the listener at each warning of Node, which then does not print it. Returns what takes that back. */
  onWarning(listener: (warning: Error) => void): () => void;
  /** Ends this process at once, as the signal does where no listener is. */
  endBy(signal: StopSignal): void;
}

/** What does the work: `daemon.ts`, or what a test brings. */
export interface Program {
  readonly openDaemon: OpenDaemon;
  readonly runOnce: RunOnce;
}

/** This process. The only place that looks at it. */
export function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    get cwd() {
      try {
        return process.cwd();
      } catch (cause) {
        const problem =
          'the current folder does not exist any more: change to another one, or name files by their absolute paths';
        throw new UsageError(problem, { cause });
      }
    },
    uid: process.getuid?.(),
    clock: systemClock,
    onSignal(listener) {
      for (const signal of STOP_SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of STOP_SIGNALS) process.off(signal, listener);
      };
    },
    onWarning(listener) {
      const before = process.listeners('warning');
      process.removeAllListeners('warning').on('warning', listener);
      return () => {
        process.off('warning', listener);
        for (const each of before) process.on('warning', each);
      };
    },
    endBy(signal) {
      for (const each of STOP_SIGNALS) process.removeAllListeners(each);
      process.kill(process.pid, signal);
    },
  };
}
