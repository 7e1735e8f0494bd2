import { readFile } from 'node:fs/promises';
import type { Call } from '../../call.js';
import type { CredentialSource, Credentials } from './credentials.js';
import { unusableCredentials } from './problems.js';
import type { AwsServices } from './services.js';
import { assumeRoleWithWebIdentity, type Role } from './sts.js';

// https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html (web identity)

/** `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`, as EKS gives them to a pod (IRSA). */
export function webIdentitySource(services: AwsServices): CredentialSource {
  const { env } = services;
  return {
    name: 'a web identity (AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN)',
    async find(call) {
      const file = env['AWS_WEB_IDENTITY_TOKEN_FILE'];
      if (!file) return undefined;
      const arn = env['AWS_ROLE_ARN'];
      // The places after it may be another account's.
      if (!arn)
        throw unusableCredentials(
          'AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN: name the role, or unset both',
        );
      const role = { arn, sessionName: env['AWS_ROLE_SESSION_NAME'] };
      return webIdentityCredentials(role, file, services, call);
    },
  };
}

/** The token is read each time: its issuer replaces it before it ends. */
export async function webIdentityCredentials(
  role: Role,
  file: string,
  services: AwsServices,
  call: Call,
): Promise<Credentials> {
  return assumeRoleWithWebIdentity(role, await tokenIn(file, call), services, call);
}

async function tokenIn(file: string, { signal }: Call): Promise<string> {
  let token: string;
  try {
    token = (await readFile(file, { encoding: 'utf8', signal })).trim();
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw unusableCredentials(`the web identity token cannot be read: ${reason}`, error);
  }
  if (token === '') throw unusableCredentials(`the web identity token file ${file} is empty`);
  return token;
}
