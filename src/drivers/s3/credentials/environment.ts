import type { CredentialSource } from './credentials.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. */
export function environmentSource(env: Environment): CredentialSource {
  return {
    name: 'the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)',
    async find() {
      const accessKeyId = env['AWS_ACCESS_KEY_ID'];
      const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
      if (!accessKeyId || !secretAccessKey) return undefined;
      const sessionToken = env['AWS_SESSION_TOKEN'];
      return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
    },
  };
}
