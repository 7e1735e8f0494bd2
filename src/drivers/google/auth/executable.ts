import { readFile } from 'node:fs/promises';
import type { Call } from '../../call.js';
import { commandWords } from '../../command-words.js';
import { type ProgramEnd, quotedWords, runCredentialProgram } from '../../credential-program.js';
import { InvalidCredentialsError, TargetUnavailableError } from '../../errors.js';
import type { Asking, SubjectToken } from './credentials.js';
import { GOOGLE } from './driver-name.js';
import { memberOf, textOf } from './members.js';

// https://google.aip.dev/auth/4117 and https://cloud.google.com/iam/docs/workload-identity-federation-with-other-providers#executable

/** In the environment, since a file that is given to a person may name any program. */
const ALLOWED = 'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES';
const LIMIT_MS = { usual: 30_000, least: 5_000, most: 120_000 };
const ID_TOKENS = new Set([
  'urn:ietf:params:oauth:token-type:jwt',
  'urn:ietf:params:oauth:token-type:id_token',
]);
const SAML = 'urn:ietf:params:oauth:token-type:saml2';

/** What an external account's file says of itself, beside its source. */
export interface ExecutableAccount {
  readonly audience: string;
  readonly tokenType: string;
  /** The service account that it is impersonated as; undefined: none. */
  readonly email: string | undefined;
}

/**
 * The token that a program prints. One in `output_file` that is still good is taken instead. Rejects with
 * InvalidCredentialsError for what a person must put right, with TargetUnavailableError when the program fails.
 */
export function executableToken(
  { env, clock }: Pick<Asking, 'env' | 'clock'>,
  source: unknown,
  account: ExecutableAccount,
): SubjectToken {
  const command = textOf(source, 'command');
  const outputFile = textOf(source, 'output_file');
  const given = memberOf(source, 'timeout_millis');
  const limitMs = typeof given === 'number' ? given : LIMIT_MS.usual;
  const words = commandWords(command ?? '');
  const who = `the program of its credential_source (${quotedWords(words?.[0] ?? '')})`;

  async function run(call: Call): Promise<ProgramEnd> {
    const about = {
      GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: account.audience,
      GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: account.tokenType,
      GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE: '0',
      ...(account.email !== undefined && {
        GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL: account.email,
      }),
      ...(outputFile !== undefined && { GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE: outputFile }),
    };
    const settings = { env: { ...env, ...about }, clock, limitMs };
    return runCredentialProgram(words ?? [], settings, call).catch((error: unknown) => {
      call.signal.throwIfAborted();
      throw unusable(`${who} cannot be run: ${(error as Error).message}`, error);
    });
  }

  /** Undefined: there is none, or it has ended, or says that the program failed. */
  async function kept(): Promise<string | undefined> {
    if (outputFile === undefined) return undefined;
    const text = await readFile(outputFile, 'utf8').catch(() => '');
    if (text.trim() === '') return undefined;
    const answer = answerIn(text, `the output_file of its credential_source`);
    const endsAtMs = endOf(answer);
    const isGood = answer['success'] === true && (endsAtMs ?? 0) > clock.now();
    return isGood ? tokenIn(answer, 'its output_file') : undefined;
  }

  return async (call) => {
    if (env[ALLOWED] !== '1')
      throw unusable(
        `its credential_source is a program: set ${ALLOWED}=1 in the environment if you trust the file, or let the program write the token to a file, and name that`,
      );
    if (words === undefined || words.length === 0)
      throw unusable(
        'the command of its credential_source is none, or a quote is not closed in it',
      );
    if (!(limitMs >= LIMIT_MS.least && limitMs <= LIMIT_MS.most))
      throw unusable(
        `timeout_millis of its credential_source must be ${LIMIT_MS.least} to ${LIMIT_MS.most}`,
      );
    const found = await kept();
    if (found !== undefined) return found;
    const { output, complaint, ended } = await run(call);
    if (ended !== undefined)
      throw new TargetUnavailableError(`${who} ${ended}${complaint}`, {
        driver: GOOGLE,
        retry: 'backoff',
      });
    const answer = answerIn(output, who);
    if (answer['success'] !== true) throw unusable(`${who} failed: ${failureOf(answer)}`);
    const endsAtMs = endOf(answer);
    if (endsAtMs === undefined && outputFile !== undefined)
      throw unusable(`${who} gave no expiration_time, which an output_file needs`);
    if (endsAtMs !== undefined && endsAtMs <= clock.now())
      throw unusable(`${who} gave a token that has ended${complaint}`);
    return tokenIn(answer, who);
  };
}

type Answer = Readonly<Record<string, unknown>>;

function answerIn(text: string, who: string): Answer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw unusable(`${who} has something that is not JSON`);
  }
  if (typeof answer !== 'object' || answer === null || memberOf(answer, 'version') !== 1)
    throw unusable(`${who} has an answer that is not of "version": 1`);
  return answer as Answer;
}

/** Milliseconds since the epoch; undefined: it does not say. */
function endOf(answer: Answer): number | undefined {
  const { expiration_time: seconds } = answer;
  return typeof seconds === 'number' ? seconds * 1000 : undefined;
}

function failureOf(answer: Answer): string {
  return quotedWords(`${textOf(answer, 'code') ?? ''} ${textOf(answer, 'message') ?? ''}`);
}

function tokenIn(answer: Answer, who: string): string {
  const type = textOf(answer, 'token_type') ?? '';
  const field = type === SAML ? 'saml_response' : ID_TOKENS.has(type) ? 'id_token' : undefined;
  const token = field === undefined ? undefined : textOf(answer, field);
  if (token) return token;
  throw unusable(
    field === undefined
      ? `${who} has a token of the type ${quotedWords(type)}: expected jwt, id_token or saml2`
      : `${who} has no ${field}`,
  );
}

function unusable(problem: string, cause?: unknown): InvalidCredentialsError {
  return new InvalidCredentialsError(`the external account cannot be used: ${problem}`, {
    driver: GOOGLE,
    cause,
  });
}
