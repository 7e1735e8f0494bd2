import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { LocalMirror } from '../world/mirror-in-a-folder.js';
import { start } from '../world/program.js';
import { pointOf } from './points.js';
import { openPreload, type Preload } from './preload.js';

/**
 * Starts the daemon of a mirror in which one call, named as in points.ts, fails once the result's `arm` was called. The daemon
 * is killed with the test.
 */
export function startFailingDaemon(mirror: LocalMirror, library: string, point: string): Preload {
  const { folder, source } = mirror;
  const roots = { source, target: join(folder, 'vault'), state: join(folder, 'state') };
  const preload = openPreload({ library, folder, roots, point: pointOf(point) });
  const daemon = start(['--config', join(folder, 'longshore.yaml'), 'run'], {
    cwd: folder,
    env: preload.env,
  });
  onTestFinished(() => daemon.kill('SIGKILL'));
  return preload;
}
