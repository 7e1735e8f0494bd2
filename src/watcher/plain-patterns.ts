/*
 * A list of ten thousand ignored names is ten thousand regular expressions to test for each file. Most lines of such
 * lists have no wildcard: whether one can match a path, or a folder above it, is looked up here by name, in a time that
 * does not grow with the list. The result says only which patterns are worth testing.
 */

/** Which plain patterns of a list may match a path or a folder above it. */
export interface PlainPatterns {
  /** Places in the list, in order, of those that may; all others match nothing there. `path` may end in `/`. */
  candidates(path: string): readonly number[];
  /** Places in the list of all that are not plain, in order. */
  readonly others: readonly number[];
}

/** No wildcard, no escape, and nothing at the ends that gitignore(5) or the package `ignore` reads in a way of its own. */
const PLAIN =
  /^[^\\*?[\]!#\s\0\ufeff\ue000\ue001](?:[^\\*?[\]\0\r\n\ufeff\ue000\ue001]*[^\\*?[\]\s\0\ufeff\ue000\ue001])?$/;
/** As filter.ts places a pattern of an ignore file in a folder: `/folder/**` + `/name`. */
const BELOW = /^\/(?<top>.+?)\/\*\*\/(?<name>[^/]+)\/?$/;
const BETWEEN = '\0';

/** Pure. */
export function plainPatterns(patterns: readonly string[]): PlainPatterns {
  /** By name, by path from the top (which begins with `/`), and by folder and name below it. */
  const places = new Map<string, number[]>();
  const others: number[] = [];
  let hasBelow = false;

  patterns.forEach((pattern, place) => {
    const key = keyOf(pattern);
    if (key === undefined) {
      others.push(place);
      return;
    }
    hasBelow ||= key.includes(BETWEEN);
    const before = places.get(key);
    if (before === undefined) places.set(key, [place]);
    else before.push(place);
  });

  return {
    others,
    candidates(path) {
      if (places.size === 0) return [];
      const found = new Set<number>();
      const add = (key: string) => {
        for (const place of places.get(key) ?? []) found.add(place);
      };
      const names = path.split('/');
      if (names.at(-1) === '') names.pop();
      const above: string[] = [];
      let whole = '';
      for (const name of names) {
        add(name);
        if (hasBelow) for (const folder of above) add(folder + BETWEEN + name);
        whole += `/${name}`;
        add(whole);
        above.push(whole);
      }
      return [...found].sort((a, b) => a - b);
    },
  };
}

/** Undefined where the pattern is not plain. */
function keyOf(pattern: string): string | undefined {
  const body = pattern.startsWith('!') ? pattern.slice(1) : pattern;
  const { top, name } = BELOW.exec(body)?.groups ?? {};
  if (top !== undefined && name !== undefined) {
    return isPlainPath(top) && isPlainPath(name) ? `/${top}${BETWEEN}${name}` : undefined;
  }
  const path = body.endsWith('/') ? body.slice(0, -1) : body;
  const fromTop = path.startsWith('/') ? path.slice(1) : path;
  if (!isPlainPath(fromTop)) return undefined;
  return path.includes('/') ? `/${fromTop}` : path;
}

function isPlainPath(path: string): boolean {
  return (
    PLAIN.test(path) &&
    path.split('/').every((name) => name !== '' && name !== '.' && name !== '..')
  );
}
