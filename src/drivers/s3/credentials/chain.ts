import type { Secret } from '../../../config/secret.js';
import type { HttpClient } from '../../http/exchange.js';
import type { CredentialSource } from './credentials.js';
import { type Environment, environmentSource } from './environment.js';
import { containerSource, instanceSource } from './metadata.js';
import { sharedFilesSource } from './shared-files.js';

/** What the settings of a target say of its credentials. */
export interface CredentialSettings {
  readonly key?: Secret | undefined;
  readonly secret?: Secret | undefined;
  readonly token?: Secret | undefined;
  /** Profile of the shared AWS files. */
  readonly aws_profile?: string | undefined;
  environment(): Environment;
}

/**
 * The places to look for credentials in, in the order of the AWS SDKs. Keys in the settings are the only place then.
 * `metadata` is for services that are next door or nowhere: short waits, no proxy.
 */
export function credentialSources(
  settings: CredentialSettings,
  metadata: HttpClient,
): readonly CredentialSource[] {
  const { key, secret, token } = settings;
  if (key !== undefined && secret !== undefined) {
    const find = async () => ({
      accessKeyId: key.reveal(),
      secretAccessKey: secret.reveal(),
      ...(token !== undefined && { sessionToken: token.reveal() }),
    });
    return [{ name: 'the settings', find }];
  }
  const env = settings.environment();
  const files = sharedFilesSource(env, settings.aws_profile);
  if (settings.aws_profile !== undefined) return [files];
  return [
    environmentSource(env),
    files,
    containerSource(env, metadata),
    instanceSource(env, metadata),
  ];
}
