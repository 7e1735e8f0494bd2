import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { parseTime } from '../../../clock.js';
import type { Call } from '../../call.js';
import { InvalidCredentialsError } from '../../errors.js';
import type { HttpAnswer } from '../../http/exchange.js';
import { askAny, formQuestion, grantIn, refusal } from './ask.js';
import type { Asking, Credentials } from './credentials.js';
import { GOOGLE } from './driver-name.js';
import { textOf } from './members.js';

const TOKEN_URI = 'https://oauth2.googleapis.com/token';
/** The longest that Google allows. */
const ASSERTION_SECONDS = 3600;
const ACTION = 'authenticate the service account';
/** Google takes an assertion that is a few minutes off. */
const LARGEST_SKEW_MS = 60_000;

/** A service account's key: https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
export interface ServiceAccountKey {
  readonly email: string;
  readonly keyId: string | undefined;
  readonly key: KeyObject;
  readonly tokenUri: string;
}

/** The fields of a key file. @throws InvalidCredentialsError, which never quotes the key */
export function serviceAccountKey(document: unknown): ServiceAccountKey {
  const email = textOf(document, 'client_email');
  const pem = textOf(document, 'private_key');
  if (email === undefined || pem === undefined)
    throw unusable('it has no client_email or no private_key');
  return {
    email,
    keyId: textOf(document, 'private_key_id'),
    key: privateKeyOf(pem),
    tokenUri: textOf(document, 'token_uri') ?? TOKEN_URI,
  };
}

function privateKeyOf(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw unusable('its private_key is no key in PEM');
  }
  if (key.asymmetricKeyType === 'rsa') return key;
  throw unusable('its private_key is no RSA key');
}

function unusable(problem: string): InvalidCredentialsError {
  return new InvalidCredentialsError(`the key of the service account cannot be used: ${problem}`, {
    driver: GOOGLE,
  });
}

export function serviceAccount(
  { http, clock }: Pick<Asking, 'http' | 'clock'>,
  { email, keyId, key, tokenUri }: ServiceAccountKey,
): Credentials {
  const signed = (text: string) => sign('RSA-SHA256', Buffer.from(text), key);
  function assertionAt(nowMs: number, scope: string): string {
    const issuedAt = Math.floor(nowMs / 1000);
    const header = { alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) };
    const exp = issuedAt + ASSERTION_SECONDS;
    const claims = { iss: email, scope, aud: tokenUri, iat: issuedAt, exp };
    const unsigned = `${base64url(header)}.${base64url(claims)}`;
    return `${unsigned}.${signed(unsigned).toString('base64url')}`;
  }

  function send(nowMs: number, scope: string, call: Call): Promise<HttpAnswer> {
    const fields = {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: assertionAt(nowMs, scope),
    };
    return askAny(http, formQuestion(ACTION, tokenUri, fields), call);
  }

  return {
    async grant(scope, call) {
      let answer = await send(clock.now(), scope, call);
      // An assertion of a wrong clock is refused: that of the answer is right.
      const theirs = parseTime(answer.headers['date'] ?? '');
      if (answer.status === 400 && theirs !== undefined && isElsewhen(theirs, clock.now()))
        answer = await send(theirs, scope, call);
      if (answer.status === 200) return grantIn(ACTION, tokenUri, answer);
      throw refusal(ACTION, tokenUri, answer);
    },
    signer: async () => ({ email, sign: async (text) => signed(text) }),
  };
}

/** Whether a difference of clocks may be the reason of a refusal. */
function isElsewhen(theirMs: number, ourMs: number): boolean {
  return Math.abs(theirMs - ourMs) >= LARGEST_SKEW_MS;
}

function base64url(document: unknown): string {
  return Buffer.from(JSON.stringify(document)).toString('base64url');
}
