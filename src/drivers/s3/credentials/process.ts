import { spawn } from 'node:child_process';
import { parseTime } from '../../../clock.js';
import { onAbort } from '../../../signal.js';
import type { Call } from '../../call.js';
import { commandWords } from './command-words.js';
import type { Credentials } from './credentials.js';
import { noCredentialsNow, quotedWords, unusableCredentials } from './problems.js';
import type { AwsServices } from './services.js';

// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html

/** As long as the SDK for Go waits. */
const LIMIT_MS = 60_000;
/** Characters; an answer has some 2,000. */
const OUTPUT_LIMIT = 65_536;

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
  const { output, complaint, ended } = await runProgram(words, who, services, call);
  if (ended !== undefined) throw noCredentialsNow(`${who} ${ended}${complaint}`);
  const credentials = credentialsIn(output, who);
  const { expiresAtMs = Number.POSITIVE_INFINITY } = credentials;
  if (expiresAtMs <= services.clock.now())
    throw unusableCredentials(`${who} gave keys that have expired${complaint}`);
  return credentials;
}

interface Ended {
  readonly output: string;
  /** What it wrote to standard error, to be put behind a sentence; empty: nothing. */
  readonly complaint: string;
  /** Why the output does not count; undefined: it does. */
  readonly ended: string | undefined;
}

async function runProgram(
  words: readonly string[],
  who: string,
  { env, clock }: Pick<AwsServices, 'env' | 'clock'>,
  { signal }: Call,
): Promise<Ended> {
  signal.throwIfAborted();
  const [program = '', ...args] = words;
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let [output, errors] = ['', ''];
  let stopped: string | undefined;
  const stop = (why: string) => {
    stopped ??= why;
    killGroup(child.pid);
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.length > OUTPUT_LIMIT) stop('wrote more than credentials');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(0, OUTPUT_LIMIT); // the rest is read and dropped
  });
  const forget = onAbort(signal, () => stop('was stopped'));
  const forgetLimit = clock.after(LIMIT_MS, () => stop(`did not end within ${LIMIT_MS / 1000} s`));
  try {
    const ended = await new Promise<string | undefined>((resolve, reject) => {
      child.on('error', (error) =>
        reject(unusableCredentials(`${who} cannot be run: ${error.message}`, error)),
      );
      child.on('close', (code, by) =>
        resolve(code === 0 ? undefined : `ended with ${code === null ? by : `exit code ${code}`}`),
      );
    });
    signal.throwIfAborted();
    const said = quotedWords(withoutSecrets(errors));
    return { output, complaint: said === '' ? '' : `: ${said}`, ended: stopped ?? ended };
  } finally {
    forget();
    forgetLimit();
  }
}

/** The program leads a group of its own, with all that it has started. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Secret access keys have 40 characters of Base64, session tokens more; a program may write its answer to the wrong place. */
function withoutSecrets(text: string): string {
  return text.replace(/[A-Za-z0-9+/_=.-]{40,}/g, (run) =>
    /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run) ? '[not shown]' : run,
  );
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
