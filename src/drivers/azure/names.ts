import { isWellFormed } from '../../utf8-order.js';
import { nameChecks } from '../http/name-checks.js';
import { AZURE, CONTAINER_RULE } from './errors.js';

// https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata

/** In UTF-16 units, as .NET counts them; so each name of as many bytes is allowed. */
export const MAX_KEY_LENGTH = 1024;
const MAX_SEGMENTS = 254;

/** Controls, and what is no character in Unicode. */
const IMPOSSIBLE =
  /[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]|[\u{1fffe}\u{1ffff}\u{10fffe}\u{10ffff}]/u;

export function keyProblem(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (!isWellFormed(key)) return 'it has no UTF-8 form';
  if (key.length > MAX_KEY_LENGTH)
    return `it has ${key.length} characters, where ${MAX_KEY_LENGTH} are allowed`;
  if (IMPOSSIBLE.test(key)) return 'Azure takes no control characters';
  if (key.includes('\\')) return 'Azure takes "\\" for "/", so the object would have another name';
  const segments = key.split('/');
  if (segments.length > MAX_SEGMENTS)
    return `it has ${segments.length} parts between slashes, where ${MAX_SEGMENTS} are allowed`;
  return segments.some((segment) => segment.endsWith('.'))
    ? 'Azure drops dots at the end of a part of a name, so the object would have another name'
    : undefined;
}

export function isPossibleKey(key: string): boolean {
  return keyProblem(key) === undefined;
}

export function newContainerProblem(name: string): string | undefined {
  return /^[a-z0-9](?:-?[a-z0-9])*$/.test(name) && name.length >= 3 && name.length <= 63
    ? undefined
    : CONTAINER_RULE;
}

/** With those that the service makes itself: `$root`, `$web`, `$logs`. */
export function isContainerName(name: string): boolean {
  return newContainerProblem(name) === undefined || /^\$[a-z]{3,20}$/.test(name);
}

export const { checkKey, checkNewContainer, checkContainer, refuseImpossible } = nameChecks({
  driver: AZURE,
  keyProblem,
  isPossibleKey,
  newContainerProblem,
  isContainerName,
});
