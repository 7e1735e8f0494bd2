/**
 * Orders keys as their UTF-8 bytes do, which is how providers list them. JavaScript's own order compares UTF-16 units
 * and puts what is above U+FFFF (surrogates, 0xD800-0xDFFF) before U+E000-U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return utf8Rank(x) - utf8Rank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above every other unit and keeps the order otherwise. */
function utf8Rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Whether the string has a UTF-8 form at all: a lone surrogate has none, and would be stored as U+FFFD. */
export function isWellFormed(key: string): boolean {
  return !/\p{Surrogate}/u.test(key);
}
