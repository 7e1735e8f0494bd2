import { InvalidCredentialsError } from '../../errors.js';
import type { CredentialSource } from './credentials.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. A web identity, which we do not exchange for keys,
 * is refused by name: what comes after it may be another account.
 */
export function environmentSource(env: Environment): CredentialSource {
  return {
    name: 'the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)',
    async find() {
      const accessKeyId = env['AWS_ACCESS_KEY_ID'];
      const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
      if (!accessKeyId || !secretAccessKey) {
        if (!env['AWS_WEB_IDENTITY_TOKEN_FILE']) return undefined;
        throw new InvalidCredentialsError(
          'AWS_WEB_IDENTITY_TOKEN_FILE is set, which is not supported; give key and secret, aws_profile, or an EKS Pod Identity',
          { driver: 's3' },
        );
      }
      const sessionToken = env['AWS_SESSION_TOKEN'];
      return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
    },
  };
}
