import type { Build } from './longshore.js';
import type { Subject } from './result.js';
import type { Space } from './space.js';
import type { Target } from './target.js';

/** What a row is run with. */
export interface Bench {
  readonly space: Space;
  /** The build that is measured, and behind it those that it is compared with. */
  readonly builds: readonly [Build, ...Build[]];
  /** The programs of this machine, by name. */
  readonly programs: Readonly<Record<string, string>>;
  /** How often each program runs. Undefined: as the row says. */
  readonly rounds: number | undefined;
  /** Reports what is running, for a person who waits. */
  progress(text: string): void;
}

/** What a row measured. */
export interface Outcome {
  readonly fileSystem: string;
  readonly subjects: readonly Subject[];
}

/** One row of the bench. */
export interface Row {
  /** On the command line and in the file of a run. */
  readonly name: string;
  readonly title: string;
  /** True: takes 1,000,000 files, and runs only when asked for. */
  readonly large?: true;
  readonly targets: readonly Target[];
  run(bench: Bench): Promise<Outcome>;
}
