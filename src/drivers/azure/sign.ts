import { createHmac } from 'node:crypto';
import type { AccountKey } from './credentials/access.js';

// Shared Key: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key

/** A request as far as its signature covers it. */
export interface Signable {
  readonly method: string;
  /** Percent-encoded, as on the wire, without query. */
  readonly path: string;
  /** Decoded. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body. */
  readonly contentLength: number;
}

/** The standard headers in the order in which they are signed, those before and after Content-Length. */
const BEFORE_LENGTH = ['content-encoding', 'content-language'] as const;
const AFTER_LENGTH = [
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
] as const;

/** The headers of a request that are signed in order of their names, in this order. `names`: of all its headers. */
export type HeaderOrder = (names: readonly string[]) => readonly string[];

/** The value of the Authorization header. */
export function sharedKey(
  request: Signable,
  { account, key }: AccountKey,
  order: HeaderOrder = inOrder,
): string {
  return `SharedKey ${account}:${hmac(key, stringToSign(request, account, order))}`;
}

/** HMAC-SHA256 in base64. */
export function hmac(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('base64');
}

export function stringToSign(
  request: Signable,
  account: string,
  order: HeaderOrder = inOrder,
): string {
  const { method, headers, contentLength } = request;
  let text = `${method}\n`;
  for (const name of BEFORE_LENGTH) text += `${headers[name] ?? ''}\n`;
  text += contentLength === 0 ? '\n' : `${contentLength}\n`; // from version 2015-02-21 on
  for (const name of AFTER_LENGTH) text += `${headers[name] ?? ''}\n`;
  for (const name of order(Object.keys(headers))) text += `${name}:${oneLine(headers[name])}\n`;
  return text + canonicalResource(request, account);
}

function oneLine(value = ''): string {
  return value.trim().replace(/\s*\n\s*/g, ' ');
}

function inOrder(names: readonly string[]): readonly string[] {
  return names.filter((name) => name.startsWith('x-ms-')).sort(compareHeaders);
}

/** More kinds of requests than one mirror makes; names of metadata come from its files' attributes, and are bounded by nothing. */
const MOST_ORDERS = 100;

/** The same order, which is found once for requests whose headers have the same names. */
export function rememberedOrder(): HeaderOrder {
  const orders = new Map<string, readonly string[]>();
  return (names) => {
    const kind = names.join();
    const known = orders.get(kind) ?? inOrder(names);
    if (orders.size < MOST_ORDERS) orders.set(kind, known);
    return known;
  };
}

/**
 * The service sorts by the rules of .NET's culture: hyphens have no weight unless all else is equal, and `_` comes before digits,
 * and these before letters.
 */
export function compareHeaders(a: string, b: string): number {
  const bareA = ranked(a);
  const bareB = ranked(b);
  if (bareA !== bareB) return bareA < bareB ? -1 : 1;
  return a < b ? -1 : a === b ? 0 : 1;
}

function ranked(name: string): string {
  return name.replaceAll('-', '').replaceAll('_', '!');
}

function canonicalResource({ path, query }: Signable, account: string): string {
  const lines = Object.entries(query)
    .flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), value] as const]))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`);
  return `/${account}${path}${lines.join('')}`;
}
