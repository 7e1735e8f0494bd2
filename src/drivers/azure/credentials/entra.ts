import { createHash, createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../../clock.js';
import type { Call } from '../../call.js';
import { InvalidCredentialsError } from '../../errors.js';
import type { HttpClient } from '../../http/exchange.js';
import { DRIVER, type ObtainToken } from './access.js';
import { asked, STORAGE_RESOURCE, tokenIn } from './token-answer.js';

// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow

/** An application in Entra ID, and how it proves that it is that. */
export interface Application {
  /** `https://login.microsoftonline.com`, or that of another cloud. */
  readonly authority: string;
  readonly tenant: string;
  readonly clientId: string;
  readonly proof: Proof;
}

export type Proof =
  | { readonly kind: 'secret'; readonly secret: () => string }
  /** PEM with a certificate and its private key. */
  | { readonly kind: 'certificate'; readonly file: string }
  /** A token of another issuer, such as Kubernetes, which replaces the file's content now and then. */
  | { readonly kind: 'federated'; readonly file: string };

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ASSERTION_SECONDS = 600;

export function entraTokens(
  { http, clock }: { readonly http: HttpClient; readonly clock: Clock },
  application: Application,
): ObtainToken {
  const { authority, tenant, clientId, proof } = application;
  const origin = authority.replace(/\/+$/, '');
  const path = `/${encodeURIComponent(tenant)}/oauth2/v2.0/token`;
  return async (call) => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      scope: `${STORAGE_RESOURCE}.default`,
      ...(await proven(proof, clientId, origin + path, clock, call)),
    });
    const answer = await asked(http, {
      method: 'POST',
      origin,
      path,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(form.toString()),
      signal: call.signal,
    });
    return tokenIn(answer, 'Entra ID', clock.now());
  };
}

async function proven(
  proof: Proof,
  clientId: string,
  audience: string,
  clock: Clock,
  call: Call,
): Promise<Record<string, string>> {
  if (proof.kind === 'secret') return { client_secret: proof.secret() };
  const content = await contentOf(proof, call);
  const assertion =
    proof.kind === 'federated'
      ? content.trim()
      : certifiedAssertion(content, proof.file, clientId, audience, clock.now());
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
}

async function contentOf(
  { kind, file }: Extract<Proof, { readonly file: string }>,
  { signal }: Call,
): Promise<string> {
  try {
    return await readFile(file, { encoding: 'utf8', signal });
  } catch (error) {
    signal.throwIfAborted();
    const what = kind === 'federated' ? 'federated_token_file' : 'client_certificate';
    throw unreadable(`${what} ${file} cannot be read`, error);
  }
}

/** https://learn.microsoft.com/entra/identity-platform/certificate-credentials */
export function certifiedAssertion(
  pem: string,
  file: string,
  clientId: string,
  audience: string,
  nowMs: number,
): string {
  try {
    const certificate = new X509Certificate(pem);
    const seconds = Math.floor(nowMs / 1000);
    const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
    const head = { alg: 'RS256', typ: 'JWT', 'x5t#S256': thumbprint };
    const claims = {
      aud: audience,
      iss: clientId,
      sub: clientId,
      jti: randomUUID(),
      nbf: seconds - 300,
      exp: seconds + ASSERTION_SECONDS,
    };
    const signed = `${base64url(head)}.${base64url(claims)}`;
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'rsa') throw new Error('Entra ID takes RSA keys only');
    const signature = sign('sha256', Buffer.from(signed), key);
    return `${signed}.${signature.toString('base64url')}`;
  } catch (error) {
    throw unreadable(`client_certificate ${file} cannot be used`, error);
  }
}

function base64url(document: object): string {
  return Buffer.from(JSON.stringify(document)).toString('base64url');
}

function unreadable(problem: string, cause: unknown): InvalidCredentialsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new InvalidCredentialsError(`${problem}: ${reason}`, { driver: DRIVER, cause });
}
