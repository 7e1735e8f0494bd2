/**
 * What is wrong with one pattern of gitignore's syntax (gitignore(5), "Pattern format"), in words for its author;
 * undefined for a sound one. git accepts any text in silence, and then does not ignore what its author meant.
 */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.trim() === '') return 'it is empty';
  if (/[\0\n\r]/.test(pattern))
    return 'it has a line break or a NUL in it; write one pattern for each line';
  if (pattern.startsWith('#'))
    return 'it is a comment; write "\\#" for a name that begins with "#"';
  const body = pattern.startsWith('!') ? pattern.slice(1) : pattern;
  if (body.replaceAll('/', '') === '') return 'it matches nothing; write "/*" for everything';
  if (/(^|[^\\])(\\\\)*\\$/.test(body))
    return 'it ends with a backslash that quotes nothing; folders end with "/"';
  const parts = body.replace(/^\//, '').replace(/\/$/, '').split('/');
  if (parts.includes('')) return 'it has "//" in it, which is in no path';
  if (parts.some((part) => part === '.' || part === '..'))
    return 'no path has "." or ".." in it; patterns begin at the source, as in "/a/b"';
  return bracketProblem(body);
}

const CLASSES = [
  'alnum',
  'alpha',
  'blank',
  'cntrl',
  'digit',
  'graph',
  'lower',
  'print',
  'punct',
  'space',
  'upper',
  'xdigit',
];

/** Of `[a-z]` and its like. */
function bracketProblem(pattern: string): string | undefined {
  for (let at = 0; at < pattern.length; at += 1) {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === '[') {
      const set = readSet(pattern, at);
      if ('problem' in set) return set.problem;
      at = set.end;
    }
  }
  return undefined;
}

type CharacterSet = { readonly end: number } | { readonly problem: string };

/** Reads from the opening bracket on; `end` is where the closing one stands. */
function readSet(pattern: string, start: number): CharacterSet {
  const first = start + (/[!^]/.test(pattern[start + 1] ?? '') ? 2 : 1);
  let at = first;
  while (at < pattern.length) {
    if (pattern[at] === ']' && at > first) return { end: at };
    const named = /^\[:([^\]]*?):\]/.exec(pattern.slice(at));
    if (named !== null) {
      if (!CLASSES.includes(named[1] ?? ''))
        return {
          problem: `"${named[0]}" is no class of characters; there are ${CLASSES.join(', ')}`,
        };
      at += named[0].length;
      continue;
    }
    const [low, afterLow] = characterAt(pattern, at);
    at = afterLow;
    if (pattern[at] !== '-' || at + 1 >= pattern.length || pattern[at + 1] === ']') continue;
    const [high, afterHigh] = characterAt(pattern, at + 1);
    if (low > high)
      return { problem: `the range "${low}-${high}" is empty; write "${high}-${low}"` };
    at = afterHigh;
  }
  return {
    problem: `its "[" at character ${start + 1} is never closed; write "\\[" for a bracket in a name`,
  };
}

function characterAt(pattern: string, at: number): readonly [character: string, after: number] {
  return pattern[at] === '\\' ? [pattern[at + 1] ?? '', at + 2] : [pattern[at] ?? '', at + 1];
}
