import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  exitCodeOfRun,
  exitCodeOfSignal,
  isAsMeant,
  type Outcome,
  UsageError,
} from '../../src/cli/exit.js';
import { SecretError } from '../../src/config/secret.js';
import { StateLockedError, StateNewerError } from '../../src/state/errors.js';

const SOUND: Outcome = {
  errors: [],
  incomplete: false,
  failed: 0,
  skipped: 0,
  held: 0,
  planned: 0,
  outdated: 0,
};

describe('the exit code', () => {
  test.each<readonly [string, Partial<Outcome>, number]>([
    ['in sync', {}, 0],
    ['a mirror that could not run', { errors: [new Error('no')] }, 1],
    ['that before all else', { errors: [new Error('no')], failed: 1, held: 1, planned: 1 }, 1],
    ['what needs a person', { errors: [new UsageError('no such mirror')] }, 2],
    [
      'what needs a person, beside what may pass',
      { errors: [new UsageError('no'), new Error('no')] },
      1,
    ],
    ['an object that failed', { failed: 1, held: 1, planned: 1 }, 3],
    ['an object that was skipped', { skipped: 1, held: 1 }, 3],
    ['a part of the source that could not be seen', { incomplete: true, held: 1 }, 3],
    ['deletes that are held', { held: 1, planned: 1 }, 4],
    ['work that a dry run found', { planned: 1 }, 5],
    ['actions of a plan that are outdated', { outdated: 1 }, 5],
  ])('of a run: %s', (_what, outcome, code) =>
    expect(exitCodeOfRun({ ...SOUND, ...outcome })).toBe(code),
  );

  test('is 2 where a person has to act, and 1 where a retry may succeed', () => {
    expect([new SecretError('x'), new StateNewerError('/s', 2, 1)].map(exitCodeOf)).toEqual([2, 2]);
    expect(
      [new StateLockedError('/s', 'is held'), new TypeError('x'), undefined].map(exitCodeOf),
    ).toEqual([1, 1, 1]);
  });

  test('of a signal is that of a shell', () =>
    expect([exitCodeOfSignal('SIGINT'), exitCodeOfSignal('SIGTERM')]).toEqual([130, 143]));

  test('counts only what a mirror skips on purpose as complete', () => {
    expect(
      (['link-skipped', 'special-file', 'extraneous', 'vanished'] as const).map(isAsMeant),
    ).toEqual([true, true, true, true]);
    const others = [
      'unreadable',
      'name-refused',
      'name-not-utf8',
      'not-mounted',
      'delete-withheld',
      'not-in-trash',
      'overwrite-refused',
      'link-outside',
    ] as const;
    expect(others.some(isAsMeant)).toBe(false);
  });
});
