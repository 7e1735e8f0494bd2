import { isObject, type JsonObject, listOf, optionalText, readObject, textOf } from './json.js';

/** What an application key may do. */
export interface Allowed {
  /** Undefined: the answer did not say. */
  readonly capabilities: ReadonlySet<string> | undefined;
  /** The only buckets of the key; undefined: all. The name of one that is gone is undefined. */
  readonly buckets: readonly AllowedBucket[] | undefined;
  /** All names of the key's files begin with it; empty: any. */
  readonly namePrefix: string;
}

interface AllowedBucket {
  readonly id: string;
  readonly name: string | undefined;
}

/** What an authorisation gave. */
export interface Grant {
  readonly accountId: string;
  readonly token: string;
  /** `https://api004.backblazeb2.com` */
  readonly apiUrl: string;
  readonly downloadUrl: string;
  readonly allowed: Allowed;
  /** The least bytes of a part that is not the last one; undefined: the answer did not say. */
  readonly smallestPart: number | undefined;
  /** When the key itself ends, in milliseconds since the epoch; undefined: never. */
  readonly keyEndsAtMs: number | undefined;
}

const ACTION = 'authorize the account';

/** The answer to b2_authorize_account, of version 3 or 4 (https://www.backblaze.com/apidocs/b2-authorize-account). */
export function readGrant(answer: { readonly body: Buffer }): Grant {
  const document = readObject(ACTION, answer);
  const { apiInfo, applicationKeyExpirationTimestamp: ends } = document;
  const storage = isObject(apiInfo) && isObject(apiInfo['storageApi']) ? apiInfo['storageApi'] : {};
  const { absoluteMinimumPartSize: smallest } = storage;
  return {
    accountId: textOf(ACTION, document, 'accountId'),
    token: textOf(ACTION, document, 'authorizationToken'),
    apiUrl: withoutSlash(textOf(ACTION, storage, 'apiUrl')),
    downloadUrl: withoutSlash(textOf(ACTION, storage, 'downloadUrl')),
    // Version 3 has the members of `allowed` beside the URLs.
    allowed: readAllowed(isObject(storage['allowed']) ? storage['allowed'] : storage),
    smallestPart: typeof smallest === 'number' && smallest > 0 ? smallest : undefined,
    keyEndsAtMs: typeof ends === 'number' ? ends : undefined,
  };
}

function readAllowed(allowed: JsonObject): Allowed {
  const { capabilities, buckets, bucketId } = allowed;
  const names = Array.isArray(capabilities)
    ? capabilities.filter((each) => typeof each === 'string')
    : undefined;
  return {
    capabilities: names && new Set(names),
    buckets:
      buckets === undefined || buckets === null
        ? typeof bucketId === 'string'
          ? [{ id: bucketId, name: optionalText(allowed, 'bucketName') }]
          : undefined
        : listOf(ACTION, allowed, 'buckets').map((bucket) => ({
            id: textOf(ACTION, bucket, 'id'),
            name: optionalText(bucket, 'name'),
          })),
    namePrefix: optionalText(allowed, 'namePrefix') ?? '',
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
