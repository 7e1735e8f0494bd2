import { parseTime } from '../../../clock.js';
import { InvalidCredentialsError } from '../../errors.js';
import { ask, documentIn, isToken, notFromGoogle } from './ask.js';
import { type Asking, CLOUD_SCOPE, type Credentials, type Signer } from './credentials.js';
import { GOOGLE } from './driver-name.js';
import { textOf } from './members.js';

const IAM = 'https://iamcredentials.googleapis.com';
const LIFETIME_SECONDS = 3600;

export interface Impersonated {
  /** `…/v1/projects/-/serviceAccounts/EMAIL:generateAccessToken` */
  readonly url: string;
  readonly delegates?: readonly string[];
  readonly lifetimeSeconds?: number;
}

export function impersonationUrl(email: string): string {
  return `${IAM}/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:generateAccessToken`;
}

/**
 * A service account whose tokens another account may have made:
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 */
export function impersonation(
  asking: Asking,
  source: Credentials,
  { url, delegates = [], lifetimeSeconds = LIFETIME_SECONDS }: Impersonated,
): Credentials {
  const { http, clock } = asking;
  const action = 'impersonate the service account';
  return {
    async grant(scope, call) {
      const document = documentIn(
        action,
        url,
        await ask(
          http,
          {
            action,
            method: 'POST',
            url,
            headers: {
              authorization: `Bearer ${(await source.grant(CLOUD_SCOPE, call)).token}`,
              'content-type': 'application/json',
            },
            body: JSON.stringify({
              scope: [scope],
              delegates,
              lifetime: `${lifetimeSeconds}s`,
            }),
          },
          call,
        ),
      );
      const token = textOf(document, 'accessToken');
      const endsAt = parseTime(textOf(document, 'expireTime') ?? '');
      if (token === undefined || !isToken(token) || endsAt === undefined)
        throw notFromGoogle(action, new URL(url).origin, 'no accessToken');
      return { token, validForMs: endsAt - clock.now() };
    },
    signer: async () => signsByIam(asking, source, emailIn(url), url.replace(/:[^:/]*$/, '')),
  };
}

export function emailIn(url: string): string {
  const [, email] = /\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(url) ?? [];
  if (email === undefined)
    throw new InvalidCredentialsError(
      'service_account_impersonation_url names no service account',
      { driver: GOOGLE },
    );
  return decodeURIComponent(email);
}

/**
 * Signs without a private key: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signBlob.
 * Needs the role Service Account Token Creator at the account itself.
 */
export function signsByIam(
  { http }: Pick<Asking, 'http'>,
  source: Credentials,
  email: string,
  account = `${IAM}/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}`,
): Signer {
  const action = `sign as ${email}`;
  const url = `${account}:signBlob`;
  return {
    email,
    async sign(text, call) {
      const { token } = await source.grant(CLOUD_SCOPE, call);
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ payload: Buffer.from(text).toString('base64') });
      const question = { action, method: 'POST', url, headers, body } as const;
      const document = documentIn(action, url, await ask(http, question, call));
      const signature = textOf(document, 'signedBlob');
      if (signature === undefined)
        throw notFromGoogle(action, new URL(url).origin, 'no signedBlob');
      return Buffer.from(signature, 'base64');
    },
  };
}
