import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { InvalidCredentialsError } from '../../errors.js';
import { askForm, grantIn } from './ask.js';
import type { Asking, Credentials } from './credentials.js';
import { GOOGLE } from './driver-name.js';
import { textOf } from './members.js';

const TOKEN_URI = 'https://oauth2.googleapis.com/token';
/** The longest that Google allows. */
const ASSERTION_SECONDS = 3600;
const ACTION = 'authenticate the service account';

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
  return {
    async grant(scope, call) {
      const issuedAt = Math.floor(clock.now() / 1000);
      const header = { alg: 'RS256', typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) };
      const claims = {
        iss: email,
        scope,
        aud: tokenUri,
        iat: issuedAt,
        exp: issuedAt + ASSERTION_SECONDS,
      };
      const unsigned = `${base64url(header)}.${base64url(claims)}`;
      const assertion = `${unsigned}.${signed(unsigned).toString('base64url')}`;
      const fields = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
      return grantIn(ACTION, tokenUri, await askForm(http, ACTION, tokenUri, fields, call));
    },
    signer: async () => ({ email, sign: async (text) => signed(text) }),
  };
}

function base64url(document: unknown): string {
  return Buffer.from(JSON.stringify(document)).toString('base64url');
}
