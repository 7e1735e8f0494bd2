import type { Answer } from '../http-service.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { Refusal } from './store.js';

export const KEY_ID = '004a1b2c3d4e5f60000000001';
export const SECRET = 'K004-secret-of-the-application-key';
export const ACCOUNT = 'a1b2c3d4e5f6';

/** A restricted application key. */
export interface KeyLimits {
  readonly capabilities?: readonly string[];
  /** By name. */
  readonly buckets?: readonly string[];
  readonly namePrefix?: string;
}

const ALL = [
  ...['listBuckets', 'listAllBucketNames', 'readBuckets', 'writeBuckets', 'deleteBuckets'],
  ...['listFiles', 'readFiles', 'shareFiles', 'writeFiles', 'deleteFiles'],
];

export function authorize({ headers, version }: FakeRequest, rules: FakeRules): Answer {
  const basic = Buffer.from(`${KEY_ID}:${SECRET}`).toString('base64');
  if (headers['authorization'] !== `Basic ${basic}`) throw new Refusal(401, 'unauthorized');
  const token = `4_${KEY_ID}_account-token-${rules.issued.length}`;
  rules.issued.push(token);
  rules.tokens.set(
    token,
    headers['x-bz-test-mode'] === 'expire_some_account_authorization_tokens' ? 5 : Infinity,
  );
  const { capabilities = ALL, buckets, namePrefix = null } = rules.limits;
  // Of the host that was asked, which may be a proxy in front of this one.
  const url = `http://${headers['host']}`;
  const urls = { apiUrl: url, downloadUrl: url, s3ApiUrl: url };
  const sizes = {
    recommendedPartSize: 100_000_000,
    absoluteMinimumPartSize: rules.smallestPart,
  };
  const named = buckets?.map((name) => ({ id: rules.store.buckets.get(name)?.id ?? 'gone', name }));
  const first = { bucketId: named?.[0]?.id ?? null, bucketName: named?.[0]?.name ?? null };
  const common = { accountId: ACCOUNT, authorizationToken: token };
  if (version === 'v1' || version === 'v2')
    return json({
      ...common,
      ...urls,
      ...sizes,
      minimumPartSize: 100_000_000,
      allowed: { capabilities, ...first, namePrefix },
    });
  const allowed =
    version === 'v3'
      ? { capabilities, ...first, namePrefix }
      : { allowed: { capabilities, buckets: named ?? null, namePrefix } };
  return json({
    ...common,
    applicationKeyExpirationTimestamp: null,
    apiInfo: { storageApi: { ...urls, ...sizes, infoType: 'storageApi', ...allowed } },
  });
}

/** Throws unless the request has a token that is good. */
export function checkToken({ headers, query }: FakeRequest, rules: FakeRules): void {
  const token = headers['authorization'] ?? query.get('Authorization') ?? '';
  const left = rules.tokens.get(token);
  if (left === undefined) throw new Refusal(401, 'bad_auth_token');
  if (left <= 0) throw new Refusal(401, 'expired_auth_token');
  rules.tokens.set(token, left - 1);
}

/** Throws for what the key may not do, as the service does. */
export function checkRights(
  rules: FakeRules,
  touched: {
    readonly bucket?: string | undefined;
    readonly name?: string | undefined;
    readonly capability?: string;
  },
): void {
  const { capabilities, buckets, namePrefix = '' } = rules.limits;
  const { bucket, name, capability } = touched;
  const isAllowed =
    (capability === undefined || (capabilities?.includes(capability) ?? true)) &&
    (buckets === undefined || (bucket !== undefined && buckets.includes(bucket))) &&
    (name === undefined || name.startsWith(namePrefix));
  if (!isAllowed) throw new Refusal(401, 'unauthorized');
}

export function json(document: unknown): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8' },
    body: JSON.stringify(document),
  };
}
