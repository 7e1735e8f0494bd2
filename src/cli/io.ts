import { spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { isatty } from 'node:tty';
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
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The format of the log that the command line asks for; undefined: as the configuration says. */
  readonly logFormat?: 'json' | undefined;
  /** The current folder. @throws UsageError when it has been removed. */
  readonly cwd: string;
  /** Who runs it, where the system has numbers for that. */
  readonly uid?: number | undefined;
  /**
   * Runs this program as another user, on the same terminal, in the environment of a service. Resolves with its exit code;
   * undefined when the system has no such user, or no setpriv(1).
   */
  readonly runAs?:
    | ((user: string, argv: readonly string[]) => Promise<number | undefined>)
    | undefined;
  readonly clock: Clock;
  /** Whether the terminal is gone that this process was started on: then a SIGHUP came from there. */
  lostTerminal(): boolean;
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

/** Descriptors of stdin, stdout and stderr. */
const STREAMS = [0, 1, 2];

/** This process. The only place that looks at it. */
export function processIo(): Io {
  const terminals = STREAMS.filter((descriptor) => isatty(descriptor));
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
    runAs,
    clock: systemClock,
    // Of a terminal that has hung up, tty_ioctl(4) fails with EIO.
    lostTerminal: () => terminals.some((descriptor) => !isatty(descriptor)),
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

async function runAs(user: string, argv: readonly string[]): Promise<number | undefined> {
  if (spawnSync('setpriv', ['--reuid', user, 'true']).status !== 0) return undefined;
  const [program = ''] = process.argv.slice(1);
  const words = ['--reuid', user, '--regid', user, '--init-groups', process.execPath, program];
  const { PATH, LANG, TERM } = process.env;
  const env = { PATH, LANG, TERM, HOME: '/' };
  const child = spawn('setpriv', [...words, ...argv], { stdio: 'inherit', env });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(code ?? undefined));
  });
}
