import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { statPath } from '../file-stat.js';
import { thisProcess } from '../state/process-identity.js';
import type { Holder } from './document.js';

const MACHINE_ID_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id'];

/** This process, for a state folder whose lock it holds. */
export async function thisHolder(stateFolder: string, instance: string): Promise<Holder> {
  const [identity, machine] = await Promise.all([thisProcess(), machineDigest()]);
  const { dev, ino } = statPath(stateFolder);
  return { ...identity, instance, machine, stateFolder, stateIdentity: `${dev}:${ino}` };
}

/** machine-id(5): the id itself is confidential, and what leaves the machine is a keyed hash of it. */
async function machineDigest(): Promise<string | null> {
  for (const file of MACHINE_ID_FILES) {
    const id = await readFile(file, 'utf8').catch(() => '');
    if (id.trim() !== '')
      return createHmac('sha256', id.trim()).update('longshore lease').digest('hex').slice(0, 16);
  }
  return null;
}
