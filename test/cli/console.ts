import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { Io, Program, StopSignal, Stream } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';
import { systemClock } from '../../src/clock.js';
import type { OnceResult } from '../../src/daemon.js';
import type { RunReport } from '../../src/state/ledger.js';
import { createFolder, removeFolder } from '../world/folder.js';

/** A stream that keeps what is written to it. */
export function sink({
  isTTY = false,
  columns = 100,
}: {
  isTTY?: boolean;
  columns?: number;
} = {}): Stream & { text(): string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  stream.setMaxListeners(0); // each command line that a test runs adds its own, as the one of a process does
  return Object.assign(stream, { isTTY, columns, text: () => text });
}

export interface Console {
  readonly folder: string;
  readonly io: Io;
  readonly stdout: ReturnType<typeof sink>;
  readonly stderr: ReturnType<typeof sink>;
  /** As if a person, or systemd, sent it. */
  signal(name: StopSignal): void;
  /** Signals by which the process would have ended at once. */
  readonly ended: readonly StopSignal[];
  /** Whether signals are listened to. */
  listens(): boolean;
  /** Runs a command line to its end. */
  run(argv: readonly string[], engine?: Partial<Program>): Promise<number>;
  remove(): void;
}

/** A terminal (or none), a folder to work in, and the program. */
export function openConsole({
  isTTY = false,
  env = {},
  stdin = Readable.from([]),
}: {
  isTTY?: boolean;
  env?: Io['env'];
  stdin?: Readable;
} = {}): Console {
  const folder = createFolder('cli');
  const listeners = new Set<(signal: StopSignal) => void>();
  const ended: StopSignal[] = [];
  const stdout = sink({ isTTY });
  const stderr = sink({ isTTY });
  const io: Io = {
    stdin,
    stdout,
    stderr,
    env,
    cwd: folder,
    clock: systemClock,
    lostTerminal: () => false,
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    endBy: (signal) => ended.push(signal),
    onWarning: () => () => {},
  };
  return {
    folder,
    io,
    stdout,
    stderr,
    signal: (name) => {
      for (const listener of [...listeners]) listener(name);
    },
    listens: () => listeners.size > 0,
    ended,
    run: (argv, engine = {}) => run(argv, io, { ...absent, ...engine }),
    remove: () => removeFolder(folder),
  };
}

const absent: Program = {
  openDaemon: () => Promise.reject(new Error('no daemon in this test')),
  runOnce: () => Promise.reject(new Error('no engine in this test')),
};

export const CONFIG = `
targets:
  vault: { driver: memory }
mirrors:
  - { name: documents, source: ./data, create_source: true, target: vault, container: documents }
  - { name: photos, source: ./photos, create_source: true, target: vault, container: photos }
`;

export function writeConfig(folder: string, text = CONFIG): void {
  writeFileSync(join(folder, 'longshore.yaml'), text);
}

export function report(counts: Partial<RunReport> = {}): RunReport {
  const none = {
    scanned: 0,
    uploaded: 0,
    copied: 0,
    deleted: 0,
    adopted: 0,
    unchanged: 0,
    failed: 0,
    skipped: 0,
    held: 0,
    bytes: 0,
  };
  return { startedAtMs: 0, seconds: 0, ...none, ...counts };
}

export function result(
  mirror: string,
  counts: Partial<RunReport> = {},
  rest: Partial<OnceResult> = {},
): OnceResult {
  return { mirror, report: report(counts), complete: true, ...rest };
}
