import { describe, expect, test } from 'vitest';
import {
  ContainerAccessDeniedError,
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  InvalidObjectNameError,
  ObjectAccessDeniedError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  ObjectInTheWayError,
  ObjectTooLargeError,
  PreconditionFailedError,
  SourceChangedError,
  StorageError,
  TargetUnavailableError,
  ThrottledError,
} from '../../src/drivers/errors.js';
import { LeaseLostError } from '../../src/lease/errors.js';
import { SourceSilentError } from '../../src/silent-source.js';
import { StateUnavailableError } from '../../src/state/errors.js';
import {
  classify,
  type Failure,
  isContainerTrouble,
  skipReasonOf,
} from '../../src/sync/failure.js';
import { FileChangedError, FileUnreadableError } from '../../src/sync/file-errors.js';

const context = { driver: 'memory' };
const object = (failureClass: string, hopeless: boolean, afterMs = 0) =>
  ({ kind: 'object', class: failureClass, hopeless, afterMs }) as Failure;
const unreadable = (failureClass: string) =>
  ({ kind: 'unsuitable', class: failureClass, reason: 'unreadable' }) as Failure;

describe('P8: what an attempt met', () => {
  test.each<readonly [string, unknown, Failure]>([
    ['a target that is away', new TargetUnavailableError('away', context), { kind: 'target' }],
    [
      'credentials that are refused',
      new InvalidCredentialsError('no', context),
      { kind: 'target' },
    ],
    ['a target that asks for less', new ThrottledError('slow down', context), { kind: 'target' }],
    ['a lease that was lost', new LeaseLostError('lost'), { kind: 'mirror' }],
    [
      'state that cannot be written',
      new StateUnavailableError('/state', 'is full'),
      { kind: 'mirror' },
    ],
    ['a container that is gone', new ContainerDoesNotExistError('c', context), { kind: 'mirror' }],
    [
      'a container that is closed',
      new ContainerAccessDeniedError('c', 'is closed', context),
      { kind: 'mirror' },
    ],
    [
      'another container that is gone',
      new ContainerDoesNotExistError('c_segments', context),
      object('refused', true),
    ],
    [
      'a file server that does not answer',
      new SourceSilentError('silent'),
      object('unreadable', false),
    ],
    ['a file that changed', new FileChangedError('/a'), { kind: 'busy', class: 'busy' }],
    [
      'a file that changed while it was sent',
      new SourceChangedError('a', 'changed', context),
      { kind: 'busy', class: 'busy' },
    ],
    [
      'a file that may not be read',
      new FileUnreadableError('/a', 'EACCES', 'denied'),
      unreadable('permission'),
    ],
    [
      'a file that its system forbids',
      new FileUnreadableError('/a', 'EPERM', 'denied'),
      unreadable('permission'),
    ],
    [
      'a file that cannot be read',
      new FileUnreadableError('/a', 'EIO', 'i/o error'),
      unreadable('unreadable'),
    ],
    [
      'a name that cannot be',
      new InvalidObjectNameError('a', 'too long', context),
      { kind: 'unsuitable', class: 'name', reason: 'name-refused' },
    ],
    [
      'another object in the way',
      new ObjectInTheWayError('a/b', 'a is there', context),
      object('name', false),
    ],
    [
      'other bytes than were sent',
      new ObjectHashMismatchError('a', '1', '2', context),
      object('hash-mismatch', false),
    ],
    [
      'more bytes than are allowed',
      new ObjectTooLargeError('a', 'is too large', context),
      object('too-large', true),
    ],
    [
      'a right that is missing',
      new ObjectAccessDeniedError('a', 'is locked', context),
      object('access-denied', true),
    ],
    ['an object that is gone', new ObjectDoesNotExistError('a', context), object('vanished', true)],
    [
      'another writer who was faster',
      new PreconditionFailedError('a', 'is there', context),
      object('failing', false),
    ],
    ['a refusal', new StorageError('no', context), object('refused', true)],
    [
      'trouble that passes',
      new StorageError('500', { ...context, retry: 'backoff' }),
      object('failing', false),
    ],
    [
      'a provider that says when',
      new StorageError('503', { ...context, retry: { afterMs: 7_000 } }),
      object('failing', false, 7_000),
    ],
    ['anything else', new TypeError('a fault of ours'), object('failing', false)],
  ])('%s', (_what, error, failure) => expect(classify(error, 'c')).toEqual(failure));

  test('is trouble of the container only when that is the mirror’s own', () => {
    expect(isContainerTrouble(new ContainerDoesNotExistError('c', context), 'c')).toBe(true);
    expect(isContainerTrouble(new ContainerDoesNotExistError('d', context), 'c')).toBe(false);
    expect(isContainerTrouble(new ObjectDoesNotExistError('c', context), 'c')).toBe(false);
  });

  test('is reported as skipped where only a change of the file helps, and else as failed', () => {
    const reasons = [
      'permission',
      'unreadable',
      'name',
      'too-large',
      'busy',
      'hash-mismatch',
      'vanished',
      'failing',
    ].map(skipReasonOf);
    expect(reasons).toEqual([
      'unreadable',
      'unreadable',
      'name-refused',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
