import type { Clock } from '../../../clock.js';
import type { Call } from '../../call.js';
import type { HttpClient } from '../../http/exchange.js';

/** An access token. */
export interface Grant {
  readonly token: string;
  /** How long it is good for, from now on. */
  readonly validForMs: number;
}

/** What signs URLs. */
export interface Signer {
  /** Of the service account. */
  readonly email: string;
  /** RSA with SHA-256, of UTF-8. */
  sign(text: string, call: Call): Promise<Buffer>;
}

/** An account at Google. Both reject with InvalidCredentialsError when the account is refused. */
export interface Credentials {
  /** A new token for these scopes. */
  grant(scope: string, call: Call): Promise<Grant>;
  /** Undefined: this kind of account signs nothing. */
  signer(call: Call): Promise<Signer | undefined>;
}

/** What the sources of credentials work with. */
export interface Asking {
  readonly http: HttpClient;
  /** For the metadata server, which no proxy reaches and which answers soon or not at all. */
  readonly local: HttpClient;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where the token of another identity provider comes from: asked again each time, since it is short-lived. */
export type SubjectToken = (call: Call) => Promise<string>;

/** Reads and writes objects, and creates and deletes buckets: https://cloud.google.com/storage/docs/oauth-scopes */
export const STORAGE_SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';
/** For the exchange of a token against that of another account. */
export const CLOUD_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
