import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/clock.js';
import { askStatus } from '../../src/status/client.js';
import type { Program } from '../world/program.js';
import { nowMs } from './journal.js';
import { flatteries, lostContents, outOfOrder, type Sample } from './rules.js';
import { isOwn, type TortureTarget } from './target.js';
import type { Tree } from './tree.js';

const SAMPLE_MS = 100;
const ANSWER_MS = 5_000;

/** Compares the history of a container with that of the source, and with what the daemons say meanwhile. */
export interface Oversight {
  /** Of the daemons that are asked. */
  readonly stateFolder: string;
  /** Asks a daemon for its state again and again, until it has ended. */
  sample(program: Program): void;
  /** What the rules find, in words; for a local target, after the daemon's notes are read. */
  violations(): string[];
  readonly samples: number;
}

export interface OversightOptions {
  readonly tree: Tree;
  readonly target: TortureTarget;
  readonly stateFolder: string;
  /** An object of one name cannot be beside one of a name below it. */
  readonly isFileSystem: boolean;
  readonly losesState: boolean;
  readonly losesEvents: boolean;
  readonly clockJumps: boolean;
  /** A process that was frozen amid a write may end it long after another one has written the object. A second look mends that. */
  readonly hasLateWrites: boolean;
  /** How old a change may be before the daemon must be aware of it. */
  readonly settleMs: number;
}

export function createOversight(options: OversightOptions): Oversight {
  const { tree, target, stateFolder, isFileSystem, losesState, losesEvents, clockJumps } = options;
  const { hasLateWrites, settleMs } = options;
  let fresh: Sample[] = [];
  let samples = 0;

  async function ask(signal: AbortSignal): Promise<Sample> {
    const askedMs = nowMs();
    const { mirrors } = await askStatus(undefined, { stateFolder, clock: systemClock, signal });
    const [mirror] = mirrors;
    const lagSeconds = mirror === undefined || clockJumps ? null : mirror.lagSeconds;
    return { askedMs, answeredMs: nowMs(), isInSync: mirror?.state === 'in-sync', lagSeconds };
  }

  async function sampleUntilEnd({ child }: Program): Promise<void> {
    while (child.exitCode === null && child.signalCode === null) {
      await delay(SAMPLE_MS);
      try {
        fresh.push(await ask(AbortSignal.timeout(ANSWER_MS)));
        samples += 1;
      } catch {
        // It does not listen yet, or no longer.
      }
    }
  }

  /** A store with folders cannot hold a name and one below it. */
  const exclude = (name: string, other: string) =>
    isFileSystem && (name.startsWith(`${other}/`) || other.startsWith(`${name}/`));

  return {
    stateFolder,
    sample(program) {
      void sampleUntilEnd(program);
    },
    violations() {
      if (hasLateWrites) return [];
      // What is in the trash has no file of its own.
      const ofFiles = new Map([...target.history].filter(([name]) => !isOwn(name)));
      const found = outOfOrder(tree.journal.history, ofFiles);
      // Without its state or its events no program can know what became of a file that is gone.
      if (!losesState && !losesEvents)
        found.push(...lostContents(tree.journal.history, target.history, { exclude }));
      if (!losesEvents) {
        // A record of what is to be deleted can be lost; then the object stays, as one that longshore did not put there.
        const mayDiffer = (name: string, content: string | undefined) =>
          tree.wasBehindLink(name) || (losesState && content === undefined);
        found.push(
          ...flatteries(tree.journal.history, target.history, fresh, { settleMs, mayDiffer }),
        );
      }
      fresh = [];
      return found;
    },
    get samples() {
      return samples;
    },
  };
}
