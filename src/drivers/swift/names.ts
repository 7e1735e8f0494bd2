import { isWellFormed } from '../../utf8-order.js';
import type { ObjectRef } from '../call.js';
import {
  ContainerDoesNotExistError,
  InvalidContainerNameError,
  InvalidObjectNameError,
  ObjectDoesNotExistError,
} from '../errors.js';
import { SWIFT } from './errors.js';

// Swift's limits: swift/common/constraints.py (max_object_name_length, max_container_name_length, check_utf8).

const context = { driver: SWIFT };
export const MAX_KEY_BYTES = 1024;
const MAX_CONTAINER_BYTES = 256;

const CONTAINER_RULE = '1 to 256 bytes of UTF-8 without "/" and NUL, and neither "." nor ".."';

export function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem !== undefined) throw new InvalidObjectNameError(key, problem, context);
}

export function keyProblem(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (!isWellFormed(key)) return 'it has no UTF-8 form';
  if (key.includes('\0')) return 'Swift takes no NUL character';
  const bytes = Buffer.byteLength(key);
  return bytes > MAX_KEY_BYTES
    ? `it has ${bytes} bytes, where ${MAX_KEY_BYTES} are allowed`
    : undefined;
}

export function isPossibleKey(key: string): boolean {
  return keyProblem(key) === undefined;
}

export function newContainerProblem(name: string): string | undefined {
  return isContainerName(name) ? undefined : CONTAINER_RULE;
}

export function checkNewContainer(name: string): void {
  const problem = newContainerProblem(name);
  if (problem !== undefined) throw new InvalidContainerNameError(name, problem, context);
}

/** What cannot be a container is none. */
export function checkContainer(name: string): void {
  if (!isContainerName(name)) throw new ContainerDoesNotExistError(name, context);
}

/** What cannot be an object is not there; a request about it would be about something else. */
export function refuseImpossible({ container, key }: ObjectRef): void {
  checkContainer(container);
  if (!isPossibleKey(key)) throw new ObjectDoesNotExistError(key, context);
}

function isContainerName(name: string): boolean {
  return (
    !['', '.', '..'].includes(name) &&
    !/[/\0]/.test(name) &&
    isWellFormed(name) &&
    Buffer.byteLength(name) <= MAX_CONTAINER_BYTES
  );
}
