import type { ObjectInfo } from '../call.js';
import type { CopyReplacement } from '../capabilities.js';
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

const HEADERS_AND_NAMES = Object.entries(CONTENT_HEADERS);

/** Those that an answer has, for `extra`. */
export function extraOfHeaders(headers: HttpHeaders): Record<string, string> {
  const extra: Record<string, string> = {};
  for (const [header, name] of HEADERS_AND_NAMES) {
    const value = headers[header];
    if (value !== undefined) extra[name] = value;
  }
  return extra;
}

/** The description of an object, for a copy that keeps it. */
export function descriptionOf({ extra, metaData }: ObjectInfo): CopyReplacement {
  const contentType = String(extra['contentType'] ?? 'application/octet-stream');
  return { contentType, metaData, headers: headersOfExtra(extra) };
}

/** The reverse of extraOfHeaders. */
function headersOfExtra(extra: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    HEADERS_AND_NAMES.flatMap(([header, name]) => valued(header, extra[name])),
  );
}

function valued(name: string, value: unknown): [string, string][] {
  return typeof value === 'string' ? [[name, value]] : [];
}
