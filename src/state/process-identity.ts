import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from './errors.js';

/** A process, so that another one can tell later whether it still runs. Null where the system does not tell. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process: a pid alone may have gone to another program. */
  readonly startTicks: string | null;
  readonly bootId: string | null;
  /** Processes of one container see the same; a pid means nothing outside. */
  readonly pidNamespace: string | null;
  readonly host: string;
}

export async function thisProcess(): Promise<ProcessIdentity> {
  const [stat, bootId, pidNamespace] = await Promise.all([
    readStat('self'),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => null),
    readlink('/proc/self/ns/pid').catch(() => null),
  ]);
  return {
    pid: process.pid,
    startTicks: stat?.startTicks ?? null,
    bootId: bootId?.trim() ?? null,
    pidNamespace,
    host: hostname(),
  };
}

/** `unseen`: it runs, or ran, on another host or in another container, where its pid cannot be looked up. */
export async function fateOf(
  other: ProcessIdentity,
  self: ProcessIdentity,
): Promise<'alive' | 'dead' | 'unseen'> {
  if (other.bootId !== self.bootId) return other.host === self.host ? 'dead' : 'unseen';
  if (other.bootId === null && other.host !== self.host) return 'unseen';
  if (other.pidNamespace !== self.pidNamespace) return 'unseen';
  if (self.startTicks === null) return answersSignals(other.pid) ? 'alive' : 'dead';
  const stat = await readStat(other.pid);
  if (stat === undefined || stat.startTicks !== other.startTicks) return 'dead';
  return stat.state === 'Z' || stat.state === 'X' ? 'dead' : 'alive'; // a zombie holds nothing any more
}

/** Whether a process of this system that is alive was stopped by a signal or a debugger. False where the system does not tell. */
export async function isStopped({ pid }: Pick<ProcessIdentity, 'pid'>): Promise<boolean> {
  const state = (await readStat(pid))?.state;
  return state === 'T' || state === 't';
}

/** proc(5), /proc/PID/stat: the third field is the state, the 22nd the start time. The second may contain anything. */
async function readStat(
  pid: number | 'self',
): Promise<{ readonly state: string; readonly startTicks: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? undefined : { state, startTicks };
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
