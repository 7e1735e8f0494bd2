import type { Secret } from '../../../config/secret.js';
import type { CredentialSource } from './credentials.js';
import { environmentSource } from './environment.js';
import { containerSource, instanceSource } from './metadata.js';
import { profileSource } from './profile.js';
import type { AwsServices } from './services.js';
import { webIdentitySource } from './web-identity.js';

/** What the settings of a target say of its credentials. */
export interface CredentialSettings {
  readonly key?: Secret | undefined;
  readonly secret?: Secret | undefined;
  readonly token?: Secret | undefined;
  /** Profile of the shared AWS files. */
  readonly aws_profile?: string | undefined;
}

/**
 * The places to look for credentials in, in the order of the AWS SDKs. Keys in the settings are the only place then.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function credentialSources(
  settings: CredentialSettings,
  services: AwsServices,
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
  const { env, metadata } = services;
  if (settings.aws_profile !== undefined) return [profileSource(services, settings.aws_profile)];
  return [
    environmentSource(env),
    webIdentitySource(services),
    profileSource(services),
    containerSource(env, metadata),
    instanceSource(env, metadata),
  ];
}
