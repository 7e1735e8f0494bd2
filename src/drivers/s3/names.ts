import { isWellFormed } from '../../utf8-order.js';
import type { ObjectRef } from '../call.js';
import { nameChecks } from '../http/name-checks.js';
import { arnProblem } from './bucket-kinds.js';
import { CONTAINER_RULE, S3 } from './errors.js';

export const MAX_KEY_BYTES = 1024;

/** A key must have a UTF-8 form: a lone surrogate would be stored as another character. */
export function keyProblem(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (!isWellFormed(key)) return 'it has no UTF-8 form';
  const bytes = Buffer.byteLength(key);
  return bytes > MAX_KEY_BYTES
    ? `it has ${bytes} bytes, where ${MAX_KEY_BYTES} are allowed`
    : undefined;
}

/** Whether an object of this name can be there: a request about any other would be about another object, or the container. */
export function isPossibleKey(key: string): boolean {
  return key !== '' && isWellFormed(key);
}

/** The rules for new containers: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function newContainerProblem(name: string): string | undefined {
  const fits =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name);
  return fits ? undefined : CONTAINER_RULE;
}

/** Old containers may have upper-case letters and underscores. A name that could be taken for a part of the path is none. */
export function isContainerName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(name);
}

/** The members of a request that name the object. */
export function target({ container, key }: ObjectRef): {
  readonly container: string;
  readonly key: string;
} {
  return { container, key };
}

export const { checkKey, checkNewContainer, checkContainer, refuseImpossible } = nameChecks({
  driver: S3,
  keyProblem,
  isPossibleKey,
  newContainerProblem,
  isContainerName,
  unusableContainer: arnProblem,
});
