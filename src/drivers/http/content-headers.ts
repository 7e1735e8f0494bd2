import type { HttpHeaders } from './exchange.js';

/** The headers that providers give back with an object's content as they got them, and their names in `ObjectInfo.extra`. */
const CONTENT_HEADERS = {
  'content-type': 'contentType',
  'cache-control': 'cacheControl',
  'content-encoding': 'contentEncoding',
  'content-disposition': 'contentDisposition',
  'content-language': 'contentLanguage',
  expires: 'expires',
} as const;

/** Those that an answer has, for `extra`. */
export function extraOfHeaders(headers: HttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(CONTENT_HEADERS).flatMap(([header, name]) => valued(name, headers[header])),
  );
}

/** The reverse, for an object that is to have the same. */
export function headersOfExtra(extra: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(CONTENT_HEADERS).flatMap(([header, name]) => valued(header, extra[name])),
  );
}

function valued(name: string, value: unknown): [string, string][] {
  return typeof value === 'string' ? [[name, value]] : [];
}
