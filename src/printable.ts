/**
 * Characters that must not reach a terminal or a log: control characters (C0, DEL, C1), the line separators that editors and
 * browsers obey, and the marks that reorder text ("Trojan Source", CVE-2021-42574). A file name can hold any of them.
 */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
const NEEDS_QUOTES =
  /["\\\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|^$|^\s|\s$/u;

/** The text as a JSON string literal of printable characters only; `JSON.parse` gives it back. */
export function quoted(text: string): string {
  return escapeUnprintable(JSON.stringify(text));
}

/** For people: the text unchanged where that is safe and unambiguous, otherwise quoted. */
export function printable(text: string): string {
  return NEEDS_QUOTES.test(text) ? quoted(text) : text;
}

/**
 * For sentences, in which quotes are quotes, and for text that is JSON already: JSON.stringify leaves DEL, C1 and the marks
 * above as they are.
 */
export function escapeUnprintable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A part of a text: unchanged, or an escape that stands for one character. */
export interface PrintableRun {
  readonly text: string;
  readonly escaped: boolean;
}

const ESCAPED_ALONE = /[\\\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * For where escapes can be marked, and need no quotes: the text in parts, each unprintable character and each backslash an
 * escape of its own, written as in a JSON string.
 */
export function printableRuns(text: string): readonly PrintableRun[] {
  const runs: PrintableRun[] = [];
  let end = 0;
  for (const { 0: character, index } of text.matchAll(ESCAPED_ALONE)) {
    if (index > end) runs.push({ text: text.slice(end, index), escaped: false });
    const written = escapeUnprintable(JSON.stringify(character).slice(1, -1));
    runs.push({ text: written, escaped: true });
    end = index + character.length;
  }
  if (end < text.length) runs.push({ text: text.slice(end), escaped: false });
  return runs;
}

/** For commands that a person may copy: one word that a POSIX shell hands on unchanged, whatever is in it. */
export function forShell(word: string): string {
  return /^[A-Za-z0-9_./%+,:@=][A-Za-z0-9_./~%+,:@=-]*$/.test(word)
    ? word
    : `'${word.replaceAll("'", "'\\''")}'`;
}
