import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * The process that wrote a temporary file, as a folder name that only this process has: machine, boot, pid namespace, pid, start of
 * the process. A pid alone would not do: it is used again, and means another process in another container.
 */
export interface Owner {
  readonly machine: string;
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  readonly started: string;
}

export function thisProcess(): Owner {
  return {
    machine: plain(readText('/etc/machine-id') ?? hostname()),
    boot: bootId(),
    namespace: plain(readLink('/proc/self/ns/pid') ?? ''),
    pid: process.pid,
    started: startOf(process.pid) ?? '',
  };
}

/** Changes with each start of the machine; empty where the system does not tell. */
export function bootId(): string {
  return plain(readText('/proc/sys/kernel/random/boot_id') ?? '');
}

export function ownerFolder(
  { machine, boot, namespace, pid, started }: Owner,
  instance: string,
): string {
  return [machine, boot, namespace, pid, started, instance].join('_');
}

/** Undefined for a name that `ownerFolder` did not make. */
export function parseOwnerFolder(name: string): Owner | undefined {
  const match =
    /^(?<machine>\w*?)_(?<boot>\w*?)_(?<namespace>\w*?)_(?<pid>\d+)_(?<started>\d*)_\w+$/.exec(
      name,
    )?.groups;
  if (match === undefined) return undefined;
  const { machine = '', boot = '', namespace = '', pid, started = '' } = match;
  return { machine, boot, namespace, pid: Number(pid), started };
}

/** Whether this owner is known to have ended. In doubt (another machine or pid namespace) it has not. */
export function hasEnded(owner: Owner, self: Owner): boolean {
  if (owner.machine !== self.machine) return false;
  if (owner.boot !== self.boot) return true;
  if (owner.namespace !== self.namespace) return false;
  if (owner.started !== '') return startOf(owner.pid) !== owner.started;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Clock ticks between the start of the machine and of the process: field 22 of /proc/PID/stat, see proc(5). */
function startOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, '').slice(0, 32);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return undefined; // not Linux, or no such process
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // not Linux
  }
}
