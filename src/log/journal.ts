import { statDescriptor } from '../file-stat.js';

/**
 * Whether the journal reads this descriptor. systemd sets JOURNAL_STREAM to the device and inode of the socket it made
 * (systemd.exec(5)); children inherit the variable, but perhaps not the socket, so both must agree.
 */
export function isJournal(env: Readonly<Record<string, string | undefined>>, fd: number): boolean {
  const announced = env['JOURNAL_STREAM'];
  if (announced === undefined) return false;
  try {
    const { dev, ino } = statDescriptor(fd);
    return announced === `${dev}:${ino}`;
  } catch {
    return false; // closed
  }
}
