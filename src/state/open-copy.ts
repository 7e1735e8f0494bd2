import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyStateFiles } from './copy-files.js';
import { reasonOf, StateError, StateUnavailableError } from './errors.js';
import { seeLock, takeLock } from './lock.js';
import {
  type Closing,
  closeAll,
  type OpenStateOptions,
  openMirrors,
  type State,
} from './open-state.js';

const PREFIX = 'longshore-look-';

/**
 * Opens a copy of the state in the system's folder for temporary files, for commands that read it and may neither change
 * the original nor wait for its lock. A missing file counts as new; a damaged one is rebuilt in the copy only.
 * Closing removes the copy. The next copy removes those of processes that were killed.
 *
 * @throws StateNewerError, StateUnavailableError
 */
export async function openStateCopy({ folder, log, ...options }: OpenStateOptions): Promise<State> {
  const copy = await newFolder(folder);
  const opened: Closing[] = [{ close: () => rm(copy, { recursive: true, force: true }) }];
  // Its messages are about the original, whose damaged files stay where they are.
  const original = (text: string) => text.replaceAll(copy, folder).replace(/; kept as [^;]*/g, '');
  try {
    const lock = await takeLock(copy, options.clock);
    opened.push({ close: () => lock.release() });
    await removeLeftBehind();
    const names = options.mirrors.map(({ name }) => name);
    await copyStateFiles(folder, copy, names, options.signal);
    const toBeRebuilt = (mirror: string, why: string) =>
      log?.warn('state is damaged', {
        mirror,
        why: original(why),
        until: 'a run that is no dry run has rebuilt it, nothing is deleted',
      });
    try {
      return await openMirrors({ ...options, folder: copy, rebuilt: toBeRebuilt }, opened);
    } catch (error) {
      if (error instanceof StateError) error.message = original(error.message);
      throw error;
    }
  } catch (error) {
    await closeAll(opened).catch(() => undefined); // the first error is the one to report
    throw error;
  }
}

async function newFolder(folder: string): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), PREFIX));
  } catch (error) {
    const problem = `cannot be copied to ${tmpdir()}, where it would only be looked at (${reasonOf(error)})`;
    throw new StateUnavailableError(
      folder,
      `${problem}. The environment variable TMPDIR may name another folder`,
      error,
    );
  }
}

/** Removes copies whose processes were killed. */
async function removeLeftBehind(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const left = join(tmpdir(), name);
    // A copy of another user cannot be removed, and one that vanishes meanwhile is gone.
    await removeIfLeft(left).catch(() => undefined);
  }
}

async function removeIfLeft(folder: string): Promise<void> {
  const stat = await lstat(folder);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.()) return;
  const { number, held } = await seeLock(folder);
  if (number > 0 && !held) await rm(folder, { recursive: true });
}
