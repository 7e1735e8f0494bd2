import { describe, expect, test } from 'vitest';
import { exitCodeOfStatus } from '../../src/cli/status-code.js';
import type { MirrorState } from '../../src/sync/events.js';
import { mirrorStatus } from '../status/statuses.js';

const codeOf = (...states: readonly MirrorState[]) =>
  exitCodeOfStatus(states.map((state) => mirrorStatus({ state })));

describe('the exit code of a status', () => {
  test.each<readonly [MirrorState, number]>([
    ['in-sync', 0],
    ['transferring', 0],
    ['behind', 7],
    ['held', 4],
    ['failing', 3],
    ['degraded', 3],
    ['target-down', 1],
    ['source-missing', 1],
    ['target-full', 6],
    ['target-denied', 6],
  ])('of a mirror that is %s is %i', (state, code) => expect(codeOf(state)).toBe(code));

  test('is that of the worst mirror', () => {
    expect(codeOf()).toBe(0);
    expect(codeOf('in-sync', 'behind', 'held')).toBe(4);
    expect(codeOf('failing', 'target-full')).toBe(6);
    expect(codeOf('target-full', 'target-down')).toBe(1);
  });

  test('says that changes are held while the mirror works, and fails for a state that it does not know', () => {
    expect(exitCodeOfStatus([mirrorStatus({ state: 'transferring', heldSinceMs: 1 })])).toBe(4);
    expect(codeOf('of a newer daemon' as MirrorState)).toBe(1);
  });
});
