import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { PathClass, Point } from './points.js';

/** Builds the library that makes calls fail; returns its path. Throws with the compiler's words. */
export function buildPreload(folder: string): string {
  const library = join(folder, 'fault.so');
  const source = join(import.meta.dirname, '../../../test/calls/fault.c');
  const { status, stderr, error } = spawnSync('gcc', [
    '-shared',
    '-fPIC',
    '-O2',
    '-Wall',
    '-o',
    library,
    source,
    '-ldl',
  ]);
  if (status !== 0)
    throw new Error(`gcc cannot build ${source}: ${error?.message ?? String(stderr)}`, {
      cause: error,
    });
  return library;
}

/** How one run of the program meets a fault. */
export interface Preload {
  readonly env: Readonly<Record<string, string>>;
  /** Calls count from now on. */
  arm(): void;
  disarm(): void;
  /** Whether the fault has happened. */
  fired(): boolean;
}

export interface PreloadOptions {
  readonly library: string;
  /** For the control file and the log. */
  readonly folder: string;
  readonly roots: Readonly<Record<PathClass, string>>;
  /** Undefined: nothing fails; all calls are noted in the folder's file `calls`. */
  readonly point: Point | undefined;
}

/** As `struct control` of fault.c: armed, count, fired. */
const CONTROL_BYTES = 4096;
const FIRED_AT = 8;

export function openPreload({ library, folder, roots, point }: PreloadOptions): Preload {
  const control = join(folder, 'control');
  writeFileSync(control, Buffer.alloc(CONTROL_BYTES));
  const setArmed = (armed: number) => {
    const descriptor = openSync(control, 'r+');
    writeSync(descriptor, Buffer.from([armed]), 0, 1, 0);
    closeSync(descriptor);
  };
  return {
    env: {
      LD_PRELOAD: library,
      // Else the kernel does some of the calls by itself.
      UV_USE_IO_URING: '0',
      LONGSHORE_FAULT_CONTROL: control,
      LONGSHORE_FAULT_SOURCE: roots.source,
      LONGSHORE_FAULT_TARGET: roots.target,
      LONGSHORE_FAULT_STATE: roots.state,
      ...(point === undefined ? { LONGSHORE_FAULT_LOG: join(folder, 'calls') } : ruleOf(point)),
    },
    arm: () => setArmed(1),
    disarm: () => setArmed(0),
    fired: () => readFileSync(control).readUInt32LE(FIRED_AT) !== 0,
  };
}

function ruleOf({ pathClass, call, path, nth, fault }: Point): Record<string, string> {
  const errno = (constants.errno as Readonly<Record<string, number>>)[fault];
  return {
    LONGSHORE_FAULT_CLASS: pathClass,
    LONGSHORE_FAULT_OP: call,
    LONGSHORE_FAULT_PATH: path,
    LONGSHORE_FAULT_NTH: String(nth),
    LONGSHORE_FAULT_ACTION: errno === undefined ? fault : String(errno),
  };
}
