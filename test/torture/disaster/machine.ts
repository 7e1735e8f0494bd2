import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, type Program, start } from '../../world/program.js';

/** A machine: a folder with a configuration, a state and a source, and an identity. */
export interface Machine {
  readonly folder: string;
  writeConfig(text: string): void;
  /** Starts the built program, with the machine's configuration where it has one. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Program;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
}

/** This machine. */
export function thisMachine(folder: string): Machine {
  return machine(folder, []);
}

/**
 * A machine with another host name, machine id and boot id, as far as a process can see: in namespaces of its own, with other
 * files mounted over those that say who a machine is. Without the right to that (see `canBeAnother`) it is this machine.
 */
export function anotherMachine(folder: string): Machine {
  mkdirSync(folder);
  return machine(folder, canBeAnother ? aroundAnother(folder) : []);
}

/** The command that runs another one as if on another machine, with its first arguments. `folder`: where it keeps its identity. */
export function aroundAnother(folder: string): readonly string[] {
  const id = join(folder, '.machine-id');
  const boot = join(folder, '.boot-id');
  writeFileSync(id, `${randomUUID().replaceAll('-', '')}\n`);
  writeFileSync(boot, `${randomUUID()}\n`);
  return [...UNSHARE, 'sh', '-c', BECOME_ANOTHER, 'sh', id, boot];
}

const UNSHARE = ['unshare', '--mount', '--uts'];
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const BECOME_ANOTHER = `set -e
echo another >/proc/sys/kernel/hostname
[ ! -e /etc/machine-id ] || mount --bind "$1" /etc/machine-id
mount --bind "$2" ${BOOT_ID}
shift 2
exec "$@"`;

/** Whether a process here may be on another machine as far as it can see. */
export const canBeAnother =
  existsSync(BOOT_ID) &&
  spawnSync(UNSHARE[0] ?? '', [
    ...UNSHARE.slice(1),
    ...['sh', '-c', BECOME_ANOTHER, 'sh', '/proc/version', '/proc/version', 'true'],
  ]).status === 0;

function machine(folder: string, around: readonly string[]): Machine {
  const config = join(folder, 'longshore.yaml');
  const startHere: Machine['start'] = (args, env = {}) => {
    const configured = existsSync(config) ? ['--config', config] : [];
    return start([...configured, ...args], { cwd: folder, env, around });
  };
  return {
    folder,
    // Secrets are in it.
    writeConfig: (text) => writeFileSync(config, text, { mode: 0o600 }),
    start: startHere,
    run: (args, env) => startHere(args, env).finished,
  };
}
