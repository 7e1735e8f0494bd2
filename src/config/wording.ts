// How complaints are worded: what was expected, and what was got.

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** The bounds of an amount as part of a sentence: ` from 1 to 9`, or nothing where there are none. */
export function range({ min, max }: Required<Bounds>, format: (amount: number) => string): string {
  if (max < Number.MAX_SAFE_INTEGER) return ` from ${format(min)} to ${format(max)}`;
  return min > 0 ? ` of at least ${format(min)}` : '';
}

/** For schemas: words a complaint about the issue's input. */
export const wrong = (what: string) => (issue: { readonly input?: unknown }) =>
  expected(what, issue.input);

export function expected(what: string, input: unknown): string {
  if (input === undefined) return `missing; expected ${what}`;
  return `expected ${what}, got ${show(input)}`;
}

/** What was written, short enough for a line, and without the password of a URL. */
export function show(input: unknown): string {
  if (input === null) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a section of keys';
  const shown = (JSON.stringify(input) ?? String(input)).replace(/\/\/[^/]*@/, '//…@');
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown;
}

/** A key as it was written, but for what stands behind a ":" or "=" in it: that was meant as the value, and may be a secret. */
export function showKey(key: string): string {
  return JSON.stringify(key.replace(/(?<=[:=]).+$/s, '…'));
}
