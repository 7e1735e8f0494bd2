import { isWellFormed } from '../../utf8-order.js';
import { nameChecks } from '../http/name-checks.js';
import { B2 } from './errors.js';

// https://www.backblaze.com/docs/cloud-storage-files ("File Names") and cloud-storage-create-and-manage-buckets.

export const MAX_KEY_BYTES = 1024;
/** Between two slashes; Backblaze's own SDK refuses more (b2sdk, check_b2_filename). */
const MAX_SEGMENT_BYTES = 250;

const CONTAINER_RULE = '6 to 63 letters, digits and "-", and not "b2-" at the beginning';

export function keyProblem(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (!isWellFormed(key)) return 'it has no UTF-8 form';
  if (/[\x00-\x1f\x7f]/.test(key)) return 'B2 takes no control characters';
  if (key.startsWith('/') || key.endsWith('/'))
    return 'B2 takes no "/" at the beginning or the end';
  if (key.includes('//')) return 'B2 takes no two "/" side by side';
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) return `it has ${bytes} bytes, where ${MAX_KEY_BYTES} are allowed`;
  const longest = Math.max(...key.split('/').map((segment) => Buffer.byteLength(segment)));
  return longest > MAX_SEGMENT_BYTES
    ? `a part of it between slashes has ${longest} bytes, where ${MAX_SEGMENT_BYTES} are allowed`
    : undefined;
}

/** Buckets are of all customers: what an older rule allowed is looked up. */
function isContainerName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(name);
}

export function newContainerProblem(name: string): string | undefined {
  return /^(?!b2-)[a-z0-9-]{6,63}$/i.test(name) ? undefined : CONTAINER_RULE;
}

export const { checkKey, checkNewContainer, checkContainer, refuseImpossible } = nameChecks({
  driver: B2,
  keyProblem,
  isPossibleKey: (key) => keyProblem(key) === undefined,
  newContainerProblem,
  isContainerName,
});

export const isPossibleKey = (key: string): boolean => keyProblem(key) === undefined;
