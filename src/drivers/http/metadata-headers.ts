import type { HttpHeaders } from './exchange.js';

/** The metadata in an answer's headers: those that begin with `prefix`, without `skipped` ones. Keys in lower case. */
export function metaDataOf(
  headers: HttpHeaders,
  prefix: string,
  decode: (value: string) => string,
  skipped?: ReadonlySet<string>,
): Record<string, string> {
  const pairs: [string, string][] = []; // an assignment to the key `__proto__` would be lost
  for (const name in headers) {
    const value = headers[name];
    if (name.startsWith(prefix) && value !== undefined && !skipped?.has(name))
      pairs.push([name.slice(prefix.length), decode(value)]);
  }
  return Object.fromEntries(pairs);
}

/** Decodes raw UTF-8, which some providers and clients send, and which HTTP parsers return as Latin-1. */
export function utf8FromLatin1(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  const decoded = Buffer.from(value, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? value : decoded;
}
