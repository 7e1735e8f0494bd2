/** Finds a code unit from which on UTF-16 and UTF-8 may order differently. */
const HIGH_UNIT = /[\ud800-\uffff]/;

/**
 * Orders names as their UTF-8 bytes do, which is how providers list them: negative, 0 or positive. JavaScript's own `<`
 * compares UTF-16 code units, which differs where a surrogate pair (above U+FFFF) meets a character from U+E000 to U+FFFF.
 */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  // The engine's own comparison is four times as fast as a loop.
  if (!HIGH_UNIT.test(a) || !HIGH_UNIT.test(b)) return a < b ? -1 : 1;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return byteRank(x) - byteRank(y);
  }
  return a.length - b.length;
}

/** Moves the surrogates above U+E000..U+FFFF, where the four-byte sequences that they stand for belong. */
function byteRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Sorts in place, by UTF-8 bytes. */
export function sortNames(names: string[]): string[] {
  // Without a comparator the engine compares code units, several times faster than through a callback.
  return names.some((name) => HIGH_UNIT.test(name)) ? names.sort(compareNames) : names.sort();
}

/** Whether a text has a UTF-8 form at all: a lone surrogate has none, and would be stored as U+FFFD, as any other one. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
