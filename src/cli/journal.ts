import { isJournal } from '../log/journal.js';
import type { Io } from './io.js';

/** Whether stderr goes to the journal of systemd. */
export function writesToJournal({ stderr, env }: Pick<Io, 'stderr' | 'env'>): boolean {
  return stderr.fd !== undefined && isJournal(env, stderr.fd);
}
