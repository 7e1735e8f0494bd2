import { isoTime } from '../../../clock.js';
import type { Call } from '../../call.js';
import type { HttpAnswer, HttpRequest } from '../../http/exchange.js';
import { fromTransport } from '../../http/refusal.js';
import type { Credentials } from './credentials.js';
import { noCredentialsNow, unusableCredentials } from './problems.js';
import { type AwsServices, serviceAddress } from './services.js';
import { loginFile, readLogin, type SsoLogin, type SsoRenewal, writeLogin } from './sso-login.js';

// IAM Identity Center: https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html

/** What a profile says of the role that the logged-in user takes on. */
export interface SsoRole {
  /** Under which the login is kept: the name of the SSO session, or the start URL. */
  readonly loginName: string;
  readonly region: string;
  readonly account: string;
  readonly role: string;
  /** The command that logs the user in, for errors. */
  readonly login: string;
}

/** An access token is renewed this long before its end, as the SDKs do. */
const RENEW_BEFORE_MS = 5 * 60_000;

/**
 * Keys for the role. Rejects with InvalidCredentialsError, which says what to run, when the user's login has ended.
 * https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
 */
export async function ssoCredentials(
  sso: SsoRole,
  home: string,
  services: AwsServices,
  call: Call,
): Promise<Credentials> {
  const token = await accessToken(sso, loginFile(home, sso.loginName), services, call);
  const { origin, base } = serviceAddress('portal.sso', sso.region, services.env);
  const query = new URLSearchParams({ role_name: sso.role, account_id: sso.account });
  const request: HttpRequest = {
    method: 'GET',
    origin,
    path: `${base}/federation/credentials?${query}`,
    headers: { 'x-amz-sso_bearer_token': token },
    signal: call.signal,
  };
  const answer = await asked(services, request);
  if (answer.status === 401) throw ended(sso, 'is not accepted any more');
  if (answer.status === 403 || answer.status === 404)
    throw unusableCredentials(
      `the user of ${sso.loginName} has no role "${sso.role}" in the account ${sso.account}`,
    );
  if (answer.status !== 200) throw noCredentialsNow(`single sign-on answered ${answer.status}`);
  return credentialsIn(fieldsIn(answer)['roleCredentials']);
}

async function accessToken(
  sso: SsoRole,
  file: string,
  services: AwsServices,
  call: Call,
): Promise<string> {
  const login = await readLogin(file);
  if (login === undefined) throw ended(sso, 'is missing');
  const leftMs = login.expiresAtMs - services.clock.now();
  if (leftMs > RENEW_BEFORE_MS) return login.accessToken;
  try {
    return await renewed(sso, login, file, services, call);
  } catch (error) {
    if (leftMs > 0 && !call.signal.aborted) return login.accessToken;
    throw error;
  }
}

/** https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html */
async function renewed(
  sso: SsoRole,
  { expiresAtMs, renewal }: SsoLogin,
  file: string,
  services: AwsServices,
  call: Call,
): Promise<string> {
  const now = services.clock.now();
  if (renewal === undefined || renewal.registrationExpiresAtMs <= now)
    throw ended(sso, `has expired at ${isoTime(expiresAtMs)}`);
  const answer = await asked(services, tokenRequest(sso, renewal, services, call));
  if (answer.status === 400 || answer.status === 401) throw ended(sso, 'cannot be renewed');
  const { accessToken: token, expiresIn, refreshToken } = fieldsIn(answer);
  if (answer.status !== 200 || typeof token !== 'string' || typeof expiresIn !== 'number')
    throw noCredentialsNow(`single sign-on answered ${answer.status} to the renewal of a login`);
  await writeLogin(file, {
    accessToken: token,
    expiresAt: isoTime(now + expiresIn * 1000).replace(/\.\d+Z$/, 'Z'),
    ...(typeof refreshToken === 'string' && { refreshToken }),
  });
  return token;
}

function tokenRequest(
  sso: SsoRole,
  { clientId, clientSecret, refreshToken }: SsoRenewal,
  { env }: AwsServices,
  { signal }: Call,
): HttpRequest {
  const { origin, base } = serviceAddress('oidc', sso.region, env);
  const asks = { grantType: 'refresh_token', clientId, clientSecret, refreshToken };
  return {
    method: 'POST',
    origin,
    path: `${base}/token`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(asks)),
    signal,
  };
}

function asked({ http }: AwsServices, request: HttpRequest): Promise<HttpAnswer> {
  return http.request(request).catch((error: unknown) => {
    throw fromTransport(error, 's3');
  });
}

function ended({ loginName, login }: SsoRole, problem: string): Error {
  return unusableCredentials(`the login for ${loginName} ${problem}: run "${login}"`);
}

function fieldsIn({ body }: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(body.toString('utf8'));
    return typeof fields === 'object' && fields !== null ? { ...fields } : {};
  } catch {
    return {};
  }
}

function credentialsIn(found: unknown): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = {
    ...(found as Readonly<Record<string, unknown>> | undefined),
  };
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string')
    throw noCredentialsNow('single sign-on answered 200, but without credentials');
  return {
    accessKeyId,
    secretAccessKey,
    ...(typeof sessionToken === 'string' && { sessionToken }),
    ...(typeof expiration === 'number' && { expiresAtMs: expiration }),
  };
}
