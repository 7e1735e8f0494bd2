import type { Sample, Subject } from './result.js';

interface Collected {
  readonly program: string;
  readonly command: string;
  readonly samples: Sample[];
  readonly failures: string[];
}

/** Collects the samples and failures of each subject of a row, in the order in which they were begun. */
export class Subjects {
  readonly #subjects = new Map<string, Collected>();

  /** Adds a subject, unless one of that name is there. */
  begin(name: string, program: string, command: string): void {
    if (this.#subjects.has(name)) return;
    this.#subjects.set(name, { program, command, samples: [], failures: [] });
  }

  /** Adds the figures of a round, if it has any, to a subject. A round that rejects is a failure of that subject. */
  async add(name: string, round: () => Promise<Sample | undefined>): Promise<void> {
    const subject = this.#subjects.get(name);
    if (subject === undefined) throw new Error(`${name} was not begun`);
    try {
      const sample = await round();
      if (sample !== undefined) subject.samples.push(sample);
    } catch (error) {
      subject.failures.push(error instanceof Error ? error.message : String(error));
    }
  }

  hasFailed(name: string): boolean {
    return (this.#subjects.get(name)?.failures.length ?? 0) > 0;
  }

  all(): Subject[] {
    return [...this.#subjects].map(([name, subject]) => ({ name, ...subject }));
  }
}

/** Returns a command as a reader may repeat it: with names instead of the paths of the run. */
export function commandText(
  argv: readonly string[],
  names: Readonly<Record<string, string>>,
): string {
  const quoted = argv.map((word) => (/[\s"'*|]/.test(word) ? `'${word}'` : word)).join(' ');
  const replaced = Object.entries(names).filter(([, path]) => path !== '');
  return replaced.reduce((text, [name, path]) => text.replaceAll(path, name), quoted);
}
