import { expect } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { askStatus } from '../../src/status/client.js';
import { eventually } from './eventually.js';
import type { Finished, Program } from './program.js';

/** In these states a mirror has work, or may find some. */
const AT_WORK = ['starting', 'scanning', 'transferring', 'behind', 'target-down'];

/** A file whose times prove nothing yet is looked at once more, a quarter of a second after it was mirrored: see findings.ts. */
const QUIET_MS = 500;

/**
 * Ends a daemon by SIGTERM as soon as no mirror of it has had anything to do for a moment, and expects exit code 0. An object is there before its
 * record is, and before the daemon knows that a later event of its file means no other content: a daemon that is stopped in
 * between says by its exit code that work was left. `state` is its state folder.
 */
export async function endWhenDone(
  { state }: { readonly state: string },
  daemon: Program,
): Promise<Finished> {
  const options = { stateFolder: state, clock: systemClock, signal: NEVER_ABORTED };
  let atWorkMs = systemClock.monotonic();
  await eventually(async () => {
    const { mirrors } = await askStatus(undefined, options);
    const atWork = mirrors.filter((mirror) => AT_WORK.includes(mirror.state));
    if (atWork.length > 0) atWorkMs = systemClock.monotonic();
    expect(atWork, daemon.stderr()).toEqual([]);
    expect(systemClock.monotonic() - atWorkMs).toBeGreaterThan(QUIET_MS);
  }, 60_000);
  daemon.kill('SIGTERM');
  const finished = await daemon.finished;
  expect(finished.code, finished.stderr).toBe(0);
  return finished;
}
