import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.js';

/** Why there is no pseudo-terminal, or undefined: script(1) of util-linux makes them. */
export const noTerminal = existsSync('/usr/bin/script') ? undefined : 'script(1) is not installed';

export interface TerminalOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly columns?: number;
  /** A command, with its first arguments, that runs script(1) elsewhere. */
  readonly around?: readonly string[];
}

/** A program on a pseudo-terminal of its own. */
export interface Terminal {
  /** All that it showed so far, without control sequences. */
  text(): string;
  /** Waits until a text is shown that was not there at the last answer, and types this and Enter. */
  answer(shown: RegExp, typed: string): Promise<void>;
  /** The same without Enter, such as for Ctrl-C. */
  press(shown: RegExp, keys: string): Promise<void>;
  /** Resolves with the exit code. */
  readonly finished: Promise<number>;
}

/** Control sequences (ECMA-48), and the Esc that may be the beginning of one. */
const CONTROL = /\u001b(?:\[[\d;?]*[ -/]*[@-~])?/g;

const PATIENCE_MS = 50_000;

/** Starts a program on a terminal; it is killed when the test has finished. */
export function openTerminal(
  command: readonly string[],
  { cwd, env, columns = 100, around = [] }: TerminalOptions = {},
): Terminal {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const [program = '', ...words] = [
    ...around,
    'script',
    '--quiet',
    '--return',
    '--command',
    `stty cols ${columns} rows 40; exec ${quoted}`,
    '/dev/null',
  ];
  const child = spawn(program, words, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  let raw = '';
  let read = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    raw += chunk.toString();
  });
  const text = () => raw.replace(CONTROL, '');
  child.stdin.on('error', () => {}); // it ended before it was answered
  const finished = new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(code ?? -1));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await finished.catch(() => {});
  });
  async function press(shown: RegExp, keys: string): Promise<void> {
    await eventually(() => {
      const since = text().slice(read);
      if (!shown.test(since))
        throw new Error(`the terminal does not show ${shown}, but:\n${since}`);
    }, PATIENCE_MS);
    read = text().length;
    child.stdin.write(keys);
  }
  return {
    text,
    press,
    answer: (shown, typed) => press(shown, `${typed}\r`),
    finished,
  };
}
