import { isWellFormed } from '../../utf8-order.js';
import type { PutOptions } from '../call.js';
import { ObjectError, StorageError, UnsupportedOperationError } from '../errors.js';
import { headersByPattern } from '../header-rules.js';
import type { HttpHeaders } from '../http/exchange.js';
import { B2 } from './errors.js';
import { infoOfTime, TIME_KEY, timeInInfo } from './file-time.js';
import type { B2Settings } from './settings.js';

// What B2 keeps with a file beside its content: https://www.backblaze.com/docs/cloud-storage-add-file-information-with-the-native-api
// (10 pairs, names of 50 characters) and https://www.backblaze.com/apidocs/b2-upload-file (7,000 bytes in all).

export type FileInfo = Readonly<Record<string, string>>;

/** The SHA-1 of a large file, as who uploaded it says; B2 and rclone know it by this name. */
export const LARGE_FILE_SHA1 = 'large_file_sha1';

export const METADATA_LIMITS = { bytes: 3_000, lines: 10 };
const MOST_PAIRS = 10;
const MOST_BYTES = 7_000;
const HEADER = 'x-bz-info-';

/** The headers that B2 gives back with the content, by the name of the pair that asks for each. */
const CONTENT_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'b2-cache-control',
  'content-disposition': 'b2-content-disposition',
  'content-encoding': 'b2-content-encoding',
  'content-language': 'b2-content-language',
  expires: 'b2-expires',
};

const PAIR_NAME = /^(?!b2-|longshore-meta-)[a-z0-9_.`~!#$%^&*'|+-]{1,50}$/;
/** Of a key that cannot be the name of a pair: its value is then `KEY=VALUE`, with the key percent-encoded. */
const ENCODED_NAME = /^longshore-meta-\d+$/;

export interface Described {
  readonly contentType: string;
  readonly info: FileInfo;
}

/** What is sent beside a content. Throws ObjectError for more than B2 keeps, and UnsupportedOperationError for what it has not. */
export function describe(
  { headers: rules }: Pick<B2Settings, 'headers'>,
  key: string,
  options: Pick<PutOptions, 'contentType' | 'metaData'> &
    Partial<Pick<PutOptions, 'headers' | 'precondition' | 'storageClass'>>,
): Described {
  if (options.precondition !== undefined)
    throw new UnsupportedOperationError(
      'B2 has no conditional writes: each upload is a further version',
      { driver: B2 },
    );
  if (options.storageClass !== undefined)
    throw new UnsupportedOperationError('B2 has no storage classes', { driver: B2 });
  const { 'content-type': ruled, ...headers } = {
    ...headersByPattern(rules, key),
    ...lowerCased(options.headers ?? {}),
  };
  const info = { ...pairsOf(options.metaData), ...headerPairs(headers) };
  checkRoom(key, info);
  return { contentType: ruled ?? options.contentType, info };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function headerPairs(headers: Readonly<Record<string, string>>): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const pair = CONTENT_HEADERS[name];
    if (pair === undefined || !/^[\x20-\x7e]*$/.test(value))
      throw new StorageError(`header "${name}" cannot be sent with an object`, { driver: B2 });
    pairs[pair] = value;
  }
  return pairs;
}

/** As entries on the way: an assignment to a key such as `__proto__` would do something else. */
function pairsOf(metaData: Readonly<Record<string, string>>): Record<string, string> {
  const pairs: [string, string][] = [];
  let encoded = 0;
  for (const [given, value] of Object.entries(metaData)) {
    const key = given.toLowerCase();
    if (!isWellFormed(key) || !isWellFormed(value))
      throw new StorageError(
        `metadata key ${JSON.stringify(given)}, or its value, has no UTF-8 form`,
        {
          driver: B2,
        },
      );
    if (key === TIME_KEY) pairs.push(...Object.entries(infoOfTime(value)));
    else if (PAIR_NAME.test(key)) pairs.push([key, value]);
    else {
      pairs.push([`longshore-meta-${encoded}`, `${encodeURIComponent(key)}=${value}`]);
      encoded += 1;
    }
  }
  return Object.fromEntries(pairs);
}

function checkRoom(key: string, info: FileInfo): void {
  const pairs = Object.entries(info);
  if (pairs.length > MOST_PAIRS)
    throw new ObjectError(
      key,
      `was not stored: it has ${pairs.length} pairs of file information, where B2 keeps ${MOST_PAIRS}; metadata and headers need one each`,
      { driver: B2 },
    );
  const bytes = pairs.reduce(
    (sum, [name, value]) => sum + HEADER.length + name.length + encodeURIComponent(value).length,
    encodeURIComponent(key).length,
  );
  if (bytes > MOST_BYTES)
    throw new ObjectError(
      key,
      `was not stored: its name and file information have ${bytes} bytes, where B2 keeps ${MOST_BYTES}`,
      { driver: B2 },
    );
}

/** As headers of an upload. */
export function infoHeaders(info: FileInfo): Record<string, string> {
  return Object.fromEntries(
    Object.entries(info).map(([name, value]) => [HEADER + name, encodeURIComponent(value)]),
  );
}

/** The reverse: what a download says of the file. B2 writes `+` for a blank. */
export function infoInHeaders(headers: HttpHeaders): FileInfo {
  const pairs: [string, string][] = [];
  for (const [name, value = ''] of Object.entries(headers))
    if (name.startsWith(HEADER))
      pairs.push([name.slice(HEADER.length), decodeURIComponent(value.replaceAll('+', '%20'))]);
  return Object.fromEntries(pairs);
}

/** The metadata of a file, with keys in lower case. */
export function metaDataIn(info: FileInfo): Record<string, string> {
  const pairs = Object.entries(info).flatMap(([written, value]) => {
    const name = written.toLowerCase();
    if (name === LARGE_FILE_SHA1 || name.startsWith('b2-')) return [];
    return [ENCODED_NAME.test(name) ? decodedPair(name, value) : ([name, value] as const)];
  });
  return timeInInfo(Object.fromEntries(pairs));
}

function decodedPair(name: string, value: string): readonly [string, string] {
  const [, key, rest] = /^([^=]+)=(.*)$/s.exec(value) ?? [];
  try {
    return key === undefined ? [name, value] : [decodeURIComponent(key), rest ?? ''];
  } catch {
    return [name, value]; // another tool's
  }
}

const EXTRA_NAMES: Readonly<Record<string, string>> = {
  'b2-cache-control': 'cacheControl',
  'b2-content-disposition': 'contentDisposition',
  'b2-content-encoding': 'contentEncoding',
  'b2-content-language': 'contentLanguage',
  'b2-expires': 'expires',
};

/** The headers that a reader gets, by their names in `ObjectInfo.extra`. */
export function headersIn(info: FileInfo): Record<string, string> {
  return Object.fromEntries(
    Object.entries(info).flatMap(([name, value]) => {
      const extra = EXTRA_NAMES[name.toLowerCase()];
      return extra === undefined ? [] : [[extra, value] as const];
    }),
  );
}
