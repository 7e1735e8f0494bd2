import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FilterSettings } from '../../src/watcher/filter.js';
import type { WalkProblem } from '../../src/watcher/problem.js';
import { openSource } from '../../src/watcher/source.js';
import { openWalkContext, type WalkSettings } from '../../src/watcher/stat-entry.js';
import { walk } from '../../src/watcher/walk.js';
import { isRoot } from '../world/program.js';

export const NO_FILTER: FilterSettings = { exclude: [], include: [], never: [] };

export function settings(changes: Partial<WalkSettings> = {}): WalkSettings {
  return {
    filter: NO_FILTER,
    symlinks: 'skip',
    folders: 'skip',
    maxNameBytes: 1024 * 1024,
    oneFileSystem: false,
    reserved: [],
    ...changes,
  };
}

export interface Walked {
  readonly paths: string[];
  readonly problems: WalkProblem[];
}

export function walked(root: string, changes: Partial<WalkSettings> = {}, under = ''): Walked {
  const items = [...walk(openWalkContext(openSource(root), settings(changes)), under)];
  const problems = items.filter((item) => item.kind === 'problem');
  return {
    paths: items.filter((item) => item.kind !== 'problem').map(({ path }) => path),
    problems,
  };
}

/** As `walked`, by a user without special rights. */
export function walkedWithoutRights(root: string): Walked {
  const dropRights = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const [command = '', ...args] = [
    ...dropRights,
    process.execPath,
    fileURLToPath(new URL('walk-child.js', import.meta.url)),
    root,
  ];
  return JSON.parse(
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}
