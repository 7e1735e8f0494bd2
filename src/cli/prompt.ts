import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { escapeUnprintable } from '../printable.js';
import type { Io } from './io.js';

/** Questions to a person at a terminal, one at a time. */
export interface Prompt {
  /** The answer without white space around it. Rejects with QuestionsAbandonedError. */
  ask(question: string): Promise<string>;
  /** The same for a secret: what is typed is not shown. */
  askHidden(question: string): Promise<string>;
  line(text: string): void;
  close(): void;
}

/** Ctrl-C or Ctrl-D instead of an answer. */
export class QuestionsAbandonedError extends Error {
  override readonly name = 'QuestionsAbandonedError';
}

export function openPrompt({ stdin, stdout }: Pick<Io, 'stdin' | 'stdout'>): Prompt {
  let hidden = false;
  // Readline shows what is typed through its output.
  const shown = new Writable({
    write(chunk: Uint8Array, _, done) {
      if (hidden) done();
      else stdout.write(chunk, () => done());
    },
  });
  const terminal = createInterface({ input: stdin, output: shown, terminal: true, historySize: 0 });
  const abandoned = new Promise<never>((_, reject) => {
    const abandon = () => reject(new QuestionsAbandonedError('the questions were not answered'));
    terminal.once('SIGINT', abandon).once('close', abandon);
  });
  abandoned.catch(() => {}); // it may come between two questions

  const ask = async (question: string): Promise<string> => {
    const answer = new Promise<string>((resolve) =>
      terminal.question(escapeUnprintable(question), resolve),
    );
    return (await Promise.race([answer, abandoned])).trim();
  };
  return {
    ask,
    async askHidden(question) {
      stdout.write(escapeUnprintable(question));
      hidden = true;
      try {
        return await ask('');
      } finally {
        hidden = false;
        stdout.write('\n');
      }
    },
    line: (text) => void stdout.write(`${escapeUnprintable(text)}\n`),
    close: () => terminal.close(),
  };
}

/** Asks again, with the reason, until the answer is one. */
export async function askUntil<Answer>(
  prompt: Prompt,
  question: string,
  read: (text: string) => Answer | Error,
  isHidden = false,
): Promise<Answer> {
  for (;;) {
    const text = isHidden ? await prompt.askHidden(question) : await prompt.ask(question);
    const answer = read(text);
    if (!(answer instanceof Error)) return answer;
    prompt.line(answer.message);
  }
}
