/**
 * The words of a command line: separated by white space, with double and single quotes and the backslash as in a POSIX shell,
 * and nothing else of it: no variables, no `~`, no pipes. Undefined when a quote is not closed.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html asks for double quotes around a word that
 * holds a space; the AWS CLI takes the other forms as well.
 */
export function commandWords(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let rest = line.trim();
  while (rest !== '') {
    const word = /^(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/s.exec(rest)?.[0];
    if (word === undefined) return undefined;
    const next = rest.slice(word.length);
    if (next !== '' && !/^\s/.test(next)) return undefined;
    words.push(unquoted(word));
    rest = next.trimStart();
  }
  return words;
}

function unquoted(word: string): string {
  return word.replace(
    /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/gs,
    (_, escaped?: string, double?: string, single?: string) =>
      escaped ?? single ?? (double ?? '').replace(/\\(["\\$`])/g, '$1'),
  );
}
