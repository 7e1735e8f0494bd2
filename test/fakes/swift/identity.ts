import { createHmac } from 'node:crypto';
import type { Answer } from '../http-service.js';
import type { FakeRequest } from './request.js';
import { ACCOUNT_PATH, CDN_PATH } from './request.js';
import type { FakeRules } from './server.js';

export const USER = 'test:tester';
export const SECRET = 'fake secret/+key';
export const API_KEY = 'fake-api-key';
export const CREDENTIAL = { id: 'credential-id', secret: 'fake credential secret' };
const REGIONS = ['RegionOne', 'RegionTwo'];

/** TempAuth at /auth/v1.0, Keystone at /v2.0 and /v3. Everything that it was asked is kept, for a look at it. */
export function authenticate(request: FakeRequest, rules: FakeRules): Answer {
  if (request.rawPath === '/auth/v1.0') return version1(request, rules);
  const document = JSON.parse(request.body.toString('utf8')) as Record<string, never>;
  rules.asked.push(document);
  if (request.rawPath === '/v3/auth/tokens') return version3(document, rules);
  if (request.rawPath === '/v2.0/tokens') return version2(document, rules);
  return { status: 404 };
}

function issue(rules: FakeRules): string {
  const token = `token-of-the-fake-${rules.issued.length}`;
  rules.issued.push(token);
  rules.valid.add(token);
  return token;
}

/** Its URLs are those under which it was asked, as TempAuth's are: a proxy in front stays in front. */
function version1({ headers }: FakeRequest, rules: FakeRules): Answer {
  if (headers['x-auth-user'] !== USER || headers['x-auth-key'] !== SECRET) return { status: 401 };
  const origin = `http://${headers['host']}`;
  const cdn = rules.hasCdn ? { 'x-cdn-management-url': `${origin}${CDN_PATH}` } : {};
  const storage = `${origin}${ACCOUNT_PATH}`;
  return {
    status: 200,
    headers: {
      'x-auth-token': issue(rules),
      'x-storage-url': storage,
      'x-auth-token-expires': String(rules.tokenSeconds),
      ...cdn,
    },
  };
}

function version3(document: Record<string, never>, rules: FakeRules): Answer {
  const { identity, scope } = document['auth'] as unknown as {
    identity: Record<string, never>;
    scope?: unknown;
  };
  const byPassword = {
    methods: ['password'],
    password: { user: { name: 'tester', domain: { name: 'Default' }, password: SECRET } },
  };
  const byCredential = { methods: ['application_credential'], application_credential: CREDENTIAL };
  const isPassword = JSON.stringify(identity) === JSON.stringify(byPassword);
  if (!isPassword && JSON.stringify(identity) !== JSON.stringify(byCredential))
    return { status: 401, body: '{"error":{"code":401}}' };
  if (!isPassword && scope !== undefined) return { status: 401 };
  const catalog = [
    {
      type: 'identity',
      name: 'keystone',
      endpoints: [{ interface: 'public', region_id: 'RegionOne', url: `${rules.origin()}/v3` }],
    },
    {
      type: 'object-store',
      name: 'swift',
      endpoints: REGIONS.flatMap((region) =>
        ['public', 'internal'].map((kind) => ({
          interface: kind,
          region_id: region,
          region,
          url: urlOf(rules, region),
        })),
      ),
    },
  ];
  const body = JSON.stringify({
    token: {
      expires_at: new Date(rules.nowMs() + rules.tokenSeconds * 1000).toISOString(),
      catalog,
    },
  });
  return { status: 201, headers: { 'x-subject-token': issue(rules) }, body };
}

function version2(document: Record<string, never>, rules: FakeRules): Answer {
  const auth = document['auth'] as unknown as Record<string, Record<string, string>>;
  const password = auth['passwordCredentials'];
  const apiKey = auth['RAX-KSKEY:apiKeyCredentials'];
  if (password?.['password'] !== SECRET && apiKey?.['apiKey'] !== API_KEY) return { status: 401 };
  const endpoints = REGIONS.map((region) => ({
    region,
    publicURL: urlOf(rules, region),
    internalURL: urlOf(rules, region),
  }));
  const expires = new Date(rules.nowMs() + rules.tokenSeconds * 1000).toISOString();
  return {
    status: 200,
    body: JSON.stringify({
      access: {
        token: { id: issue(rules), expires },
        serviceCatalog: [{ type: 'object-store', name: 'swift', endpoints }],
      },
    }),
  };
}

/** The second region is nowhere. */
function urlOf(rules: FakeRules, region: string): string {
  return region === 'RegionOne'
    ? `${rules.origin()}${ACCOUNT_PATH}`
    : 'http://127.0.0.1:1/v1/AUTH_elsewhere';
}

/** A valid token, or a good signature of a temporary URL. */
export function isAllowed(
  request: FakeRequest,
  { valid, store, accountHeaders, nowMs, info }: FakeRules,
): boolean {
  if (valid.has(request.headers['x-auth-token'] ?? '')) return true;
  const signature = request.query.get('temp_url_sig');
  const expires = Number(request.query.get('temp_url_expires'));
  if (signature === undefined || request.method !== 'GET' || expires * 1000 < nowMs()) return false;
  // Without a word of others SHA-1 is the only one, as with Ceph.
  const digest = (info?.tempurl.allowed_digests ?? ['sha1']).find(
    (name) => createHmac(name, '').digest('hex').length === signature.length,
  );
  if (digest === undefined) return false;
  const container = store.containers.get(request.container ?? '');
  // A container's key opens no other container, and so not the one of the segments.
  const isLarge = container?.objects.get(request.key ?? '')?.segments !== undefined;
  const ofContainer = isLarge
    ? []
    : keysIn(container?.headers ?? {}, 'x-container-meta-temp-url-key');
  return [...ofContainer, ...keysIn(accountHeaders, 'x-account-meta-temp-url-key')].some((key) => {
    const signed = `GET\n${expires}\n${decodeURIComponent(request.rawPath)}`;
    return createHmac(digest, key).update(signed).digest('hex') === signature;
  });
}

function keysIn(headers: Record<string, string>, name: string): string[] {
  return [headers[name], headers[`${name}-2`]].filter((key) => key !== undefined);
}
