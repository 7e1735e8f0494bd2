import { Secret } from '../config/secret.js';

/**
 * Whether two checked settings are the same: plain data by its content, sets by their members, secrets as Secret.sameAs says.
 * What else they may hold, such as a function, is the same only as the same object.
 */
export function sameSettings(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Secret && b instanceof Secret) return a.sameAs(b);
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, at) => sameSettings(one, b[at]));
  if (a instanceof Set && b instanceof Set)
    return a.size === b.size && [...a].every((one) => b.has(one));
  if (!isPlain(a) || !isPlain(b)) return false;
  return differingKeys(a, b).length === 0;
}

/** Members that are not the same in both; one that is undefined counts as missing. */
export function differingKeys(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): readonly string[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.filter((key) => !sameSettings(a[key], b[key]));
}

/** An object without a class of its own. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
