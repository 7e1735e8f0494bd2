import { createHmac, createPublicKey, verify, X509Certificate } from 'node:crypto';
import type { Answer } from '../http-service.js';
import { ACCOUNT, type FakeRequest } from './request.js';
import type { FakeRules } from './server.js';
import { Refusal } from './store.js';

export const KEY = Buffer.from('the key of an account that does not exist').toString('base64');
export const CLIENT = { id: 'fake-client', secret: 'secret-of-the-client' } as const;
export const FEDERATED_TOKEN = 'token.of.kubernetes';
const SKEW_MS = 15 * 60_000;
const DELEGATION_KEY = Buffer.from('delegated').toString('base64');

const hmac = (key: string, text: string) =>
  createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');

/** Throws the refusal of a request that does not prove itself. */
export function checkAccess(request: FakeRequest, rules: FakeRules, isInBatch = false): void {
  const { headers, query } = request;
  const authorization = headers['authorization'];
  if (headers['x-ms-version'] === undefined && !isInBatch)
    throw new Refusal(400, 'MissingRequiredHeader');
  if (authorization?.startsWith('Bearer ')) {
    if (!rules.validTokens.has(authorization.slice(7)))
      throw new Refusal(401, 'InvalidAuthenticationInfo');
    return;
  }
  if (authorization !== undefined) checkKey(request, authorization, rules);
  else if (query.get('sig') === undefined) throw new Refusal(401, 'NoAuthenticationInformation');
  else if (query.get('sr') !== undefined) checkServiceSas(request, rules);
  else if (!rules.sasTokens.has(query.get('sig') ?? ''))
    throw new Refusal(403, 'AuthenticationFailed');
}

function checkKey(request: FakeRequest, authorization: string, rules: FakeRules): void {
  const date = Date.parse(request.headers['x-ms-date'] ?? '');
  if (!(Math.abs(date - rules.nowMs()) < SKEW_MS)) throw new Refusal(403, 'AuthenticationFailed');
  if (authorization !== `SharedKey ${ACCOUNT}:${hmac(KEY, signedText(request))}`)
    throw new Refusal(403, 'AuthenticationFailed');
}

/** As learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key has it. */
function signedText({ method, rawPath, query, headers }: FakeRequest): string {
  const of = (name: string) => headers[name] ?? '';
  const length = of('content-length') === '0' ? '' : of('content-length');
  const own = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .sort((a, b) => a.localeCompare(b))
    .map((name) => `${name}:${of(name).trim()}`);
  const parameters = [...query].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    method,
    of('content-encoding'),
    of('content-language'),
    length,
    of('content-md5'),
    of('content-type'),
    of('date'),
    of('if-modified-since'),
    of('if-match'),
    of('if-none-match'),
    of('if-unmodified-since'),
    of('range'),
    ...own,
    `/${ACCOUNT}${rawPath}`,
    ...parameters.map(([name, value]) => `${name.toLowerCase()}:${value}`),
  ].join('\n');
}

/** A signature for one blob (sr=b) or one container (sr=c). */
function checkServiceSas(
  { query, container, key, method, operation }: FakeRequest,
  rules: FakeRules,
): void {
  const of = (name: string) => query.get(name) ?? '';
  const isBlob = of('sr') === 'b';
  const canonical = `/blob/${ACCOUNT}/${container}${isBlob ? `/${key}` : ''}`;
  const delegated = query.has('skoid')
    ? [...['skoid', 'sktid', 'skt', 'ske', 'sks', 'skv'].map(of), '', '', '']
    : [of('si')];
  const text = [
    ...[of('sp'), of('st'), of('se'), canonical],
    ...delegated,
    ...[of('sip'), of('spr'), of('sv'), of('sr'), '', '', '', '', '', '', ''],
  ].join('\n');
  const signed = hmac(query.has('skoid') ? DELEGATION_KEY : KEY, text);
  const isNow = Date.parse(of('st')) <= rules.nowMs() && rules.nowMs() < Date.parse(of('se'));
  if (of('sig') !== signed || !isNow) throw new Refusal(403, 'AuthenticationFailed');
  const reads = method === 'GET' || method === 'HEAD';
  if (isBlob && !reads) throw new Refusal(403, 'AuthorizationPermissionMismatch');
  const beyond: readonly string[] = [
    'ServiceProperties',
    'ListContainers',
    'CreateContainer',
    'HeadContainer',
    'DeleteContainer',
  ];
  if (beyond.includes(operation)) throw new Refusal(403, 'AuthorizationResourceTypeMismatch');
}

/** A signature for one container, as an account's owner gives it to another person. */
export function containerSas(container: string, nowMs: number): string {
  const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const [sp, st, se, sv] = ['racwdl', time(nowMs - 60_000), time(nowMs + 3_600_000), '2020-12-06'];
  const canonical = `/blob/${ACCOUNT}/${container}`;
  const text = [sp, st, se, canonical, '', '', '', sv, 'c', '', '', '', '', '', '', ''].join('\n');
  return `sv=${sv}&sr=c&sp=${sp}&st=${encodeURIComponent(st)}&se=${encodeURIComponent(se)}&sig=${encodeURIComponent(hmac(KEY, text))}`;
}

/** Whether the source of a copy may be read: by a signature, or by a token. */
export function mayReadSource(source: FakeRequest, rules: FakeRules): void {
  checkAccess(source, rules);
}

function issue(rules: FakeRules): string {
  const token = `token-${rules.issued.length + 1}-of-the-fake`;
  rules.issued.push(token);
  rules.validTokens.add(token);
  return token;
}

const json = (status: number, document: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(document),
});

/** Entra ID's token endpoint. */
export function token({ body }: FakeRequest, rules: FakeRules): Answer {
  const form = new URLSearchParams(body.toString());
  rules.asked.push(Object.fromEntries(form));
  const isGood =
    form.get('client_id') === CLIENT.id &&
    form.get('scope') === 'https://storage.azure.com/.default' &&
    (form.get('client_secret') === CLIENT.secret ||
      isAssertion(form.get('client_assertion'), rules));
  if (!isGood)
    return json(401, {
      error: 'invalid_client',
      error_description: 'AADSTS7000215: Invalid client secret provided.\r\nTrace ID: x',
    });
  return json(200, {
    token_type: 'Bearer',
    expires_in: rules.tokenSeconds,
    access_token: issue(rules),
  });
}

function isAssertion(assertion: string | null, rules: FakeRules): boolean {
  if (assertion === FEDERATED_TOKEN) return true;
  const [head = '', claims = '', signature = ''] = (assertion ?? '').split('.');
  if (rules.certificate === undefined || signature === '') return false;
  const key = createPublicKey(
    new X509Certificate(rules.certificate).publicKey.export({ type: 'spki', format: 'pem' }),
  );
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    iss?: string;
    exp?: number;
  };
  const isFresh = said.iss === CLIENT.id && (said.exp ?? 0) * 1000 > rules.nowMs();
  return (
    isFresh &&
    verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))
  );
}

/** The services that give a machine's identity. */
export function machineToken(request: FakeRequest, rules: FakeRules): Answer {
  const { operation, headers, query } = request;
  rules.asked.push(Object.fromEntries(query));
  if (operation === 'Imds' && headers['metadata'] !== 'true') return { status: 400 };
  if (operation === 'AppService' && headers['x-identity-header'] === undefined) {
    if (headers['authorization'] === undefined)
      return { status: 401, headers: { 'www-authenticate': `Basic realm=${rules.arcFile}` } };
    if (headers['authorization'] !== `Basic ${rules.arcSecret}`) return { status: 401 };
  }
  if (query.get('resource') !== 'https://storage.azure.com/')
    return json(400, { error: 'invalid_resource' });
  const until = Math.floor(rules.nowMs() / 1000) + rules.tokenSeconds;
  return json(200, { access_token: issue(rules), expires_on: String(until), token_type: 'Bearer' });
}

export function userDelegationKey(): Answer {
  const fields = {
    SignedOid: 'an-object',
    SignedTid: 'a-tenant',
    SignedStart: '2026-01-01T00:00:00Z',
    SignedExpiry: '2036-01-01T00:00:00Z',
    SignedService: 'b',
    SignedVersion: '2020-12-06',
    Value: DELEGATION_KEY,
  };
  const inner = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
  return { status: 200, body: `<UserDelegationKey>${inner.join('')}</UserDelegationKey>` };
}
