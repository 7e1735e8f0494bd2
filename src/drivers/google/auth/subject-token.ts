import { readFile } from 'node:fs/promises';
import type { Call } from '../../call.js';
import { InvalidCredentialsError } from '../../errors.js';
import { ask } from './ask.js';
import { awsSubjectToken } from './aws-subject-token.js';
import type { Asking, SubjectToken } from './credentials.js';
import { GOOGLE } from './driver-name.js';
import { type ExecutableAccount, executableToken } from './executable.js';
import { emailIn } from './impersonation.js';
import { memberOf, textOf } from './members.js';

/** By `credential_source` (https://google.aip.dev/auth/4117): a file, a URL, a program, or the account of an AWS machine. */
export function subjectTokenSource(
  asking: Asking,
  document: unknown,
  audience: string,
): SubjectToken {
  const source = memberOf(document, 'credential_source');
  const file = textOf(source, 'file');
  const url = textOf(source, 'url');
  if (textOf(source, 'environment_id')?.startsWith('aws'))
    return awsSubjectToken(asking, source, audience);
  if (file !== undefined) return async (call) => tokenIn(await readText(file, call), source);
  if (url !== undefined)
    return async (call) => {
      const action = 'ask for the subject token';
      const question = { action, method: 'GET', url, headers: headersOf(source) } as const;
      return tokenIn((await ask(asking.local, question, call)).body.toString('utf8'), source);
    };
  const executable = memberOf(source, 'executable');
  if (executable !== undefined) return executableToken(asking, executable, accountIn(document));
  throw unusable('its credential_source names neither a file, nor a URL, nor a program');
}

function accountIn(document: unknown): ExecutableAccount {
  const impersonated = textOf(document, 'service_account_impersonation_url');
  return {
    audience: textOf(document, 'audience') ?? '',
    tokenType: textOf(document, 'subject_token_type') ?? '',
    email: impersonated === undefined ? undefined : emailIn(impersonated),
  };
}

async function readText(file: string, { signal }: Call): Promise<string> {
  try {
    return await readFile(file, { encoding: 'utf8', signal });
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw unusable(`its subject token cannot be read: ${reason}`, error);
  }
}

/** `format`: plain text by default, or a field of JSON. */
function tokenIn(text: string, source: unknown): string {
  const format = memberOf(source, 'format');
  const token =
    textOf(format, 'type') === 'json'
      ? fieldIn(text, textOf(format, 'subject_token_field_name') ?? '')
      : text.trim();
  if (token) return token;
  throw unusable('there is no subject token where its credential_source says');
}

function fieldIn(text: string, field: string): string | undefined {
  try {
    return textOf(JSON.parse(text), field);
  } catch {
    return undefined;
  }
}

function headersOf(source: unknown): Record<string, string> {
  const headers = memberOf(source, 'headers');
  return Object.fromEntries(
    Object.entries(typeof headers === 'object' && headers !== null ? headers : {}).map(
      ([name, value]) => [name.toLowerCase(), String(value)],
    ),
  );
}

function unusable(problem: string, cause?: unknown): InvalidCredentialsError {
  return new InvalidCredentialsError(`the external account cannot be used: ${problem}`, {
    driver: GOOGLE,
    cause,
  });
}
