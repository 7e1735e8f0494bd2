import { isWellFormed } from '../../utf8-order.js';
import { nameChecks } from '../http/name-checks.js';
import { SWIFT } from './errors.js';

// Swift's limits: swift/common/constraints.py (max_object_name_length, max_container_name_length, check_utf8).

export const MAX_KEY_BYTES = 1024;
const MAX_CONTAINER_BYTES = 256;

const CONTAINER_RULE = '1 to 256 bytes of UTF-8 without "/" and NUL, and neither "." nor ".."';

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

function isContainerName(name: string): boolean {
  return (
    !['', '.', '..'].includes(name) &&
    !/[/\0]/.test(name) &&
    isWellFormed(name) &&
    Buffer.byteLength(name) <= MAX_CONTAINER_BYTES
  );
}

export const { checkKey, checkNewContainer, checkContainer, refuseImpossible } = nameChecks({
  driver: SWIFT,
  keyProblem,
  isPossibleKey,
  newContainerProblem,
  isContainerName,
});
