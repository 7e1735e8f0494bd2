import { spawn } from 'node:child_process';
import { escapeUnprintable } from '../printable.js';
import { DeliveryError } from './delivery-error.js';

export interface CommandToRun {
  /** The program and its arguments; no shell reads them. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: string | Uint8Array;
}

/** Characters of the program's output that an error quotes. */
const QUOTED = 200;

/**
 * Runs a program to its end. Rejects with DeliveryError when it cannot be started or ends with another code than 0, and with
 * the signal's reason when that is aborted first: the program, and what it has started, is then killed.
 */
export async function runCommand(
  { words, env, input }: CommandToRun,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const [program = '', ...args] = words;
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < QUOTED) output += text.slice(0, QUOTED); // the rest is read and dropped
    });
  const kill = () => killGroup(child.pid);
  signal.addEventListener('abort', kill);
  try {
    const ended = await new Promise<string>((resolve, reject) => {
      child.on('error', (error) =>
        reject(new DeliveryError(`${program}: cannot be run: ${error.message}`)),
      );
      child.on('close', (code, by) =>
        resolve(code === 0 ? '' : `ended with ${code === null ? by : `exit code ${code}`}`),
      );
      child.stdin.on('error', () => {}); // a program need not read its input
      child.stdin.end(input);
    });
    signal.throwIfAborted();
    if (ended !== '') throw new DeliveryError(`${program}: ${ended}${quotedOutput(output)}`);
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/** The program is the leader of a group of its own. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function quotedOutput(output: string): string {
  const text = output.trim().replace(/\s+/g, ' ').slice(0, QUOTED);
  return text === '' ? '' : `: ${escapeUnprintable(text)}`;
}
