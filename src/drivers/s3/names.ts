import { isWellFormed } from '../../utf8-order.js';
import type { ObjectRef } from '../call.js';
import { ContainerDoesNotExistError, InvalidContainerNameError, InvalidObjectNameError, ObjectDoesNotExistError } from '../errors.js';
import { CONTAINER_RULE, S3 } from './errors.js';

const context = { driver: S3 };
export const MAX_KEY_BYTES = 1024;

/** A key must have a UTF-8 form: a lone surrogate would be stored as another character. */
export function checkKey(key: string): void {
  if (key === '') throw new InvalidObjectNameError(key, 'it is empty', context);
  if (!isWellFormed(key)) throw new InvalidObjectNameError(key, 'it has no UTF-8 form', context);
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) throw new InvalidObjectNameError(key, `it has ${bytes} bytes, where ${MAX_KEY_BYTES} are allowed`, context);
}

/** Whether an object of this name can be there: a request about any other would be about another object, or the container. */
export function isPossibleKey(key: string): boolean {
  return key !== '' && isWellFormed(key);
}

/** What cannot be there is missing. */
export function refuseImpossible({ container, key }: ObjectRef): void {
  checkContainer(container);
  if (!isPossibleKey(key)) throw new ObjectDoesNotExistError(key, context);
}

/** The rules for new containers: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function checkNewContainer(name: string): void {
  const fits = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..') && !/^\d+\.\d+\.\d+\.\d+$/.test(name);
  if (!fits) throw new InvalidContainerNameError(name, CONTAINER_RULE, context);
}

/** Old containers may have upper-case letters and underscores; what could be taken for a part of the path is none. */
export function checkContainer(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(name)) throw new ContainerDoesNotExistError(name, context);
}
