import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { Answer } from '../http-service.js';
import type { FakeRequest } from './request.js';
import type { FakeRules } from './server.js';

const KEYS = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
/** The key of every service account here. */
export const PRIVATE_KEY = KEYS.privateKey;
const PUBLIC_KEY = KEYS.publicKey;
export const EMAIL = 'mirror@project.iam.gserviceaccount.com';
export const REFRESH_TOKEN = 'fake refresh token';
export const SUBJECT_TOKEN = 'subject token of another provider';

/**
 * Google's identity services: tokens for assertions and refresh tokens at `/token`, the token exchange at `/sts`, impersonation and
 * signatures of IAM below `/v1/projects`, and the metadata server.
 */
export function identify(request: FakeRequest, rules: FakeRules): Answer {
  const { rawPath, headers, body } = request;
  if (rawPath === '/token') return tokenFor(new URLSearchParams(body.toString('utf8')), rules);
  if (rawPath === '/sts') return exchanged(new URLSearchParams(body.toString('utf8')), rules);
  if (rawPath.startsWith('/computeMetadata/')) return metadata(request, rules);
  if (!rules.valid.has(headers['authorization']?.replace('Bearer ', '') ?? ''))
    return { status: 401, body: '{"error":{"message":"no token"}}' };
  if (rawPath.endsWith(':generateAccessToken')) {
    rules.asked.push(JSON.parse(body.toString('utf8')));
    const expireTime = new Date(rules.nowMs() + rules.tokenSeconds * 1000).toISOString();
    return document({ accessToken: issue(rules), expireTime });
  }
  if (!rawPath.endsWith(':signBlob')) return { status: 404 };
  const { payload } = JSON.parse(body.toString('utf8')) as { payload: string };
  const signedBlob = sign('RSA-SHA256', Buffer.from(payload, 'base64'), PRIVATE_KEY);
  return document({ signedBlob: signedBlob.toString('base64') });
}

export function issue(rules: FakeRules): string {
  const token = `token-of-the-fake-${rules.issued.length}`;
  rules.issued.push(token);
  rules.valid.add(token);
  return token;
}

const document = (answer: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(answer),
});

function granted(rules: FakeRules): Answer {
  return document({
    access_token: issue(rules),
    expires_in: rules.tokenSeconds,
    token_type: 'Bearer',
  });
}

function refused(error: string, description: string): Answer {
  const body = JSON.stringify({ error, error_description: description });
  return { status: 400, headers: { 'content-type': 'application/json' }, body };
}

function tokenFor(form: URLSearchParams, rules: FakeRules): Answer {
  rules.asked.push(Object.fromEntries(form));
  if (form.get('grant_type') === 'refresh_token')
    return form.get('refresh_token') === REFRESH_TOKEN
      ? granted(rules)
      : refused('invalid_grant', 'Token has been expired or revoked.');
  const [header = '', claims = '', signature = ''] = form.get('assertion')?.split('.') ?? [];
  const isSigned = verify(
    'RSA-SHA256',
    Buffer.from(`${header}.${claims}`),
    PUBLIC_KEY,
    Buffer.from(signature, 'base64url'),
  );
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  const { iss, iat, exp } = said;
  const now = rules.nowMs() / 1000;
  if (!isSigned || iss !== EMAIL) return refused('invalid_grant', 'Invalid JWT Signature.');
  if (!(Number(iat) <= now + 300 && Number(exp) > now && Number(exp) - Number(iat) <= 3600))
    return refused('invalid_grant', 'Invalid JWT: Token must be a short-lived token (60 minutes).');
  return granted(rules);
}

/** RFC 8693. A subject token of AWS is a signed request, which is only looked at. */
function exchanged(form: URLSearchParams, rules: FakeRules): Answer {
  rules.asked.push(Object.fromEntries(form));
  const subject = form.get('subject_token') ?? '';
  const isAws = decodeURIComponent(subject).startsWith('{"url":"https://sts.');
  return subject === SUBJECT_TOKEN || isAws
    ? granted(rules)
    : refused('invalid_grant', 'The subject token is not known.');
}

function metadata({ rawPath, headers }: FakeRequest, rules: FakeRules): Answer {
  if (headers['metadata-flavor'] !== 'Google') return { status: 403 };
  const flavour = { 'metadata-flavor': 'Google' };
  if (rawPath.endsWith('/email')) return { status: 200, headers: flavour, body: EMAIL };
  const answer = granted(rules);
  return { ...answer, headers: { ...answer.headers, ...flavour } };
}

/** A signed URL (V4) that is still good. */
export function isSigned(
  { rawPath, rawQuery, query, headers }: FakeRequest,
  rules: FakeRules,
): boolean {
  const signature = query.get('X-Goog-Signature');
  const time = query.get('X-Goog-Date') ?? '';
  if (signature === undefined) return false;
  const [, scope = ''] = query.get('X-Goog-Credential')?.split(/\/(.*)/s) ?? [];
  const unsigned = rawQuery
    .split('&')
    .filter((pair) => !pair.startsWith('X-Goog-Signature='))
    .sort()
    .join('&');
  const canonical = [
    'GET',
    rawPath,
    unsigned,
    `host:${headers['host']}`,
    '',
    'host',
    'UNSIGNED-PAYLOAD',
  ];
  const digest = createHash('sha256').update(canonical.join('\n')).digest('hex');
  const text = ['GOOG4-RSA-SHA256', time, scope, digest].join('\n');
  const began = Date.parse(time.replace(/(\d{4})(\d\d)(\d\dT\d\d)(\d\d)/, '$1-$2-$3:$4:'));
  const isCurrent = rules.nowMs() < began + Number(query.get('X-Goog-Expires')) * 1000;
  return (
    isCurrent && verify('RSA-SHA256', Buffer.from(text), PUBLIC_KEY, Buffer.from(signature, 'hex'))
  );
}
