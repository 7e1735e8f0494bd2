import type { Call } from '../../call.js';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Milliseconds since the epoch; undefined: they do not expire. */
  readonly expiresAtMs?: number;
}

/** Where credentials come from. Undefined when this place has none; rejects when it has some that cannot be used. */
export interface CredentialSource {
  /** For people: which place this is. Never a secret. */
  readonly name: string;
  find(call: Call): Promise<Credentials | undefined>;
}

export interface CredentialProvider {
  /** Valid credentials, fetched again shortly before they expire. Rejects with InvalidCredentialsError when no source has any. */
  get(call: Call): Promise<Credentials>;
  /** Drops credentials that the provider refused. Resolves with true when there are other ones to try now. */
  refused(credentials: Credentials, call: Call): Promise<boolean>;
}
