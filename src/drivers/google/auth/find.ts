import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Call } from '../../call.js';
import { InvalidCredentialsError } from '../../errors.js';
import { authorizedUser } from './authorized-user.js';
import type { Asking, Credentials } from './credentials.js';
import { GOOGLE } from './driver-name.js';
import { externalAccount } from './external-account.js';
import { impersonation, impersonationUrl } from './impersonation.js';
import { memberOf, textOf } from './members.js';
import { metadataServer } from './metadata-server.js';
import { serviceAccount, serviceAccountKey } from './service-account.js';

/** What the settings say of the account. */
export interface Account {
  /** Path of a credentials file. Default: application default credentials. */
  readonly file: string | undefined;
  /** Of the service account whose key is a PEM file, as Libcloud takes it. */
  readonly email: string | undefined;
  /** Only the metadata server. */
  readonly metadataOnly: boolean;
  /** A service account to act as. */
  readonly impersonate: string | undefined;
}

/**
 * Application default credentials, in Google's order (https://cloud.google.com/docs/authentication/application-default-credentials):
 * the file that is named, GOOGLE_APPLICATION_CREDENTIALS, that of `gcloud auth application-default login`, the metadata server.
 * Files are read at each call, since keys are replaced.
 */
export function findCredentials(asking: Asking, account: Account): Credentials {
  const found = async (call: Call): Promise<Credentials> => {
    const source = await sourceOf(asking, account, call);
    if (account.impersonate === undefined) return source;
    return impersonation(asking, source, { url: impersonationUrl(account.impersonate) });
  };
  return {
    grant: async (scope, call) => (await found(call)).grant(scope, call),
    signer: async (call) => (await found(call)).signer(call),
  };
}

async function sourceOf(asking: Asking, account: Account, call: Call): Promise<Credentials> {
  const { env } = asking;
  if (account.metadataOnly) return metadataServer(asking);
  const named = account.file ?? (env['GOOGLE_APPLICATION_CREDENTIALS'] || undefined);
  if (named !== undefined) {
    const text = await textIn(named, call);
    if (text !== undefined) return credentialsIn(asking, named, text, account.email);
    throw unusable(named, 'it is not there');
  }
  const wellKnown = wellKnownFile(env);
  const text = wellKnown === undefined ? undefined : await textIn(wellKnown, call);
  return wellKnown === undefined || text === undefined
    ? metadataServer(asking)
    : credentialsIn(asking, wellKnown, text, undefined);
}

function wellKnownFile(env: Asking['env']): string | undefined {
  const folder = env['CLOUDSDK_CONFIG'] || (env['HOME'] && join(env['HOME'], '.config', 'gcloud'));
  return folder ? join(folder, 'application_default_credentials.json') : undefined;
}

/** Undefined: there is no such file. */
async function textIn(file: string, { signal }: Call): Promise<string | undefined> {
  try {
    return await readFile(file, { encoding: 'utf8', signal });
  } catch (error) {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(file, `it cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function credentialsIn(
  asking: Asking,
  file: string,
  text: string,
  email: string | undefined,
): Credentials {
  if (text.startsWith('-----BEGIN')) {
    if (email === undefined)
      throw unusable(file, 'it is a key in PEM, which needs `key`, the e-mail of its account');
    const document = { client_email: email, private_key: text };
    return serviceAccount(asking, serviceAccountKey(document));
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw unusable(file, 'it is no JSON'); // the parser's message may quote the key
  }
  return byType(asking, file, document);
}

function byType(asking: Asking, file: string, document: unknown): Credentials {
  switch (textOf(document, 'type')) {
    case 'service_account':
      return serviceAccount(asking, serviceAccountKey(document));
    case 'authorized_user':
      return authorizedUser(asking, document);
    case 'external_account':
      return externalAccount(asking, document);
    case 'impersonated_service_account':
      return impersonatedIn(asking, file, document);
    default:
      throw unusable(
        file,
        'its type is none of service_account, authorized_user, external_account and impersonated_service_account',
      );
  }
}

function impersonatedIn(asking: Asking, file: string, document: unknown): Credentials {
  const url = textOf(document, 'service_account_impersonation_url');
  const source = memberOf(document, 'source_credentials');
  if (url === undefined || source === undefined)
    throw unusable(file, 'it has no service_account_impersonation_url or no source_credentials');
  if (textOf(source, 'type') === 'impersonated_service_account')
    throw unusable(file, 'its source_credentials impersonate again: name delegates instead');
  const delegates = memberOf(document, 'delegates');
  return impersonation(asking, byType(asking, file, source), {
    url,
    ...(Array.isArray(delegates) && { delegates: delegates.map(String) }),
  });
}

function unusable(file: string, problem: string): InvalidCredentialsError {
  return new InvalidCredentialsError(`the credentials in ${file} cannot be used: ${problem}`, {
    driver: GOOGLE,
  });
}
