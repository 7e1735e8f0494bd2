import { expect } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { askStatus } from '../../src/status/client.js';
import { eventually } from './eventually.js';
import type { Finished, Program } from './program.js';

/** In these states a mirror has work, or may find some. */
const AT_WORK = ['starting', 'scanning', 'transferring', 'behind', 'target-down'];

/**
 * Ends a daemon by SIGTERM as soon as no mirror of it has anything to do, and expects exit code 0. An object is there before its
 * record is, and before the daemon knows that a later event of its file means no other content: a daemon that is stopped in
 * between says by its exit code that work was left. `state` is its state folder.
 */
export async function endWhenDone(
  { state }: { readonly state: string },
  daemon: Program,
): Promise<Finished> {
  const options = { stateFolder: state, clock: systemClock, signal: NEVER_ABORTED };
  await eventually(async () => {
    const { mirrors } = await askStatus(undefined, options);
    const atWork = mirrors.filter((mirror) => AT_WORK.includes(mirror.state));
    expect(atWork, daemon.stderr()).toEqual([]);
  }, 60_000);
  daemon.kill('SIGTERM');
  const finished = await daemon.finished;
  expect(finished.code, finished.stderr).toBe(0);
  return finished;
}
