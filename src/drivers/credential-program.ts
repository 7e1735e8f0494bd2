import { spawn } from 'node:child_process';
import type { Clock } from '../clock.js';
import { escapeUnprintable } from '../printable.js';
import { onAbort } from '../signal.js';
import type { Call } from './call.js';

/** Characters; an answer has some 2,000. */
const OUTPUT_LIMIT = 65_536;
/** Characters that are quoted of what another program, or a service, says. */
const QUOTED = 300;

export interface ProgramSettings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Pick<Clock, 'after'>;
  /** It is killed then. */
  readonly limitMs: number;
}

/** What a program that gives credentials did. */
export interface ProgramEnd {
  /** What it wrote to standard output: a secret. */
  readonly output: string;
  /** What it wrote to standard error, without what may be a secret, to be put behind a sentence; empty: nothing. */
  readonly complaint: string;
  /** Why the output does not count, to be put behind the program's name; undefined: it does. */
  readonly ended: string | undefined;
}

/** Runs a program without a shell. Rejects with the system's error when it cannot be run, and with the signal's reason. */
export async function runCredentialProgram(
  [program = '', ...args]: readonly string[],
  { env, clock, limitMs }: ProgramSettings,
  { signal }: Call,
): Promise<ProgramEnd> {
  signal.throwIfAborted();
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
  const forgetLimit = clock.after(limitMs, () => stop(`did not end within ${limitMs / 1000} s`));
  try {
    const ended = await new Promise<string | undefined>((resolve, reject) => {
      child.on('error', reject);
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

/** Words of another program on one line, for an error. */
export function quotedWords(text: string): string {
  return escapeUnprintable(text.trim().replace(/\s+/g, ' ').slice(0, QUOTED));
}
