import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTime } from '../../../clock.js';
import { unusableCredentials } from './problems.js';

// The cache of `aws sso login`: https://docs.aws.amazon.com/sdkref/latest/guide/understanding-sso.html

/** The login of a user, as the AWS tools keep it. */
export interface SsoLogin {
  readonly accessToken: string;
  readonly expiresAtMs: number;
  /** What renews the access token without the user; undefined: nothing does. */
  readonly renewal: SsoRenewal | undefined;
}

export interface SsoRenewal {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  /** Milliseconds since the epoch. */
  readonly registrationExpiresAtMs: number;
}

/** `name`: of the SSO session; for a profile without one, its start URL. */
export function loginFile(home: string, name: string): string {
  const file = `${createHash('sha1').update(name).digest('hex')}.json`;
  return join(home, '.aws', 'sso', 'cache', file);
}

/** Undefined without a login. Rejects with InvalidCredentialsError for a file that cannot be read, or holds no login. */
export async function readLogin(file: string): Promise<SsoLogin | undefined> {
  const fields = await readFields(file);
  if (fields === undefined) return undefined;
  const accessToken = textIn(fields, 'accessToken');
  const expiresAtMs = timeIn(fields, 'expiresAt');
  if (accessToken === undefined || expiresAtMs === undefined)
    throw unusableCredentials(`${file} holds no login: log in again with "aws sso login"`);
  const [clientId, clientSecret] = [textIn(fields, 'clientId'), textIn(fields, 'clientSecret')];
  const refreshToken = textIn(fields, 'refreshToken');
  const registrationExpiresAtMs = timeIn(fields, 'registrationExpiresAt');
  const canBeRenewed = clientId && clientSecret && refreshToken && registrationExpiresAtMs;
  return {
    accessToken,
    expiresAtMs,
    renewal: canBeRenewed
      ? { clientId, clientSecret, refreshToken, registrationExpiresAtMs }
      : undefined,
  };
}

/**
 * Puts a renewed token into the file, for the AWS tools as well. A file that cannot be written is left, as the SDKs do: the
 * next renewal begins from it again.
 */
export async function writeLogin(
  file: string,
  changed: Readonly<Record<string, string>>,
): Promise<void> {
  const temporary = `${file}.${process.pid}.longshore`;
  try {
    const fields = { ...(await readFields(file)), ...changed };
    await writeFile(temporary, JSON.stringify(fields), { mode: 0o600 });
    await rename(temporary, file);
  } catch {
    // Most often a service that may only read the user's files.
  }
}

async function readFields(file: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const fields: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof fields === 'object' && fields !== null ? { ...fields } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw unusableCredentials(`the login of "aws sso login" cannot be read: ${reason}`, error);
  }
}

function textIn(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** RFC 3339, or with `UTC` at the end, as the first versions of the AWS CLI wrote it. */
function timeIn(fields: Readonly<Record<string, unknown>>, name: string): number | undefined {
  return parseTime((textIn(fields, name) ?? '').replace(/UTC$/, 'Z'));
}
