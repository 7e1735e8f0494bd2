import { parseTime } from '../../../clock.js';
import type { Call } from '../../call.js';
import { commandWords } from '../../command-words.js';
import { quotedWords, runCredentialProgram } from '../../credential-program.js';
import type { Credentials } from './credentials.js';
import { noCredentialsNow, unusableCredentials } from './problems.js';
import type { AwsServices } from './services.js';

// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html

/** As long as the SDK for Go waits. */
const LIMIT_MS = 60_000;

/**
 * Runs the program of `credential_process`, without a shell, and takes the keys that it writes. What it writes is never shown;
 * of its standard error the beginning is, without what may be a secret. Rejects with InvalidCredentialsError when the program
 * or its answer is wrong, with TargetUnavailableError when it fails or takes longer than a minute.
 */
export async function processCredentials(
  command: string,
  services: Pick<AwsServices, 'env' | 'clock'>,
  call: Call,
): Promise<Credentials> {
  const words = commandWords(command);
  if (words === undefined || words[0] === undefined)
    throw unusableCredentials('credential_process is no command: a quote is not closed in it');
  const who = `credential_process (${quotedWords(words[0])})`;
  const settings = { ...services, limitMs: LIMIT_MS };
  const { output, complaint, ended } = await runCredentialProgram(words, settings, call).catch(
    (error: unknown) => {
      call.signal.throwIfAborted();
      throw unusableCredentials(`${who} cannot be run: ${(error as Error).message}`, error);
    },
  );
  if (ended !== undefined) throw noCredentialsNow(`${who} ${ended}${complaint}`);
  const credentials = credentialsIn(output, who);
  const { expiresAtMs = Number.POSITIVE_INFINITY } = credentials;
  if (expiresAtMs <= services.clock.now())
    throw unusableCredentials(`${who} gave keys that have expired${complaint}`);
  return credentials;
}

function credentialsIn(output: string, who: string): Credentials {
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    throw unusableCredentials(`${who} wrote something that is not JSON`);
  }
  if (typeof answer !== 'object' || answer === null)
    throw unusableCredentials(`${who} wrote JSON that is no object`);
  const fields = answer as Readonly<Record<string, unknown>>;
  if (fields['Version'] !== 1)
    throw unusableCredentials(`${who} wrote an answer that is not of "Version": 1`);
  const text = (name: string) => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [accessKeyId, secretAccessKey] = [text('AccessKeyId'), text('SecretAccessKey')];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw unusableCredentials(`${who} gave no AccessKeyId and SecretAccessKey`);
  const [sessionToken, expiration] = [text('SessionToken'), text('Expiration')];
  const expiresAtMs = expiration === undefined ? undefined : parseTime(expiration);
  if (expiration !== undefined && expiresAtMs === undefined)
    throw unusableCredentials(`${who} gave an Expiration that is no time of ISO 8601`);
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  };
}
