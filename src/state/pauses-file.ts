import { join } from 'node:path';
import { type Document, openDocument } from './document.js';
import { StateDamagedError } from './errors.js';
import { upgrade, type Versions } from './migrate.js';

/** What a person has paused, and until when: milliseconds since the epoch, by name. */
export interface PausesDocument {
  readonly version: 1;
  readonly mirrors: Readonly<Record<string, number>>;
  readonly targets: Readonly<Record<string, number>>;
}

const VERSIONS: Versions = { current: 1, steps: {} };

export const NO_PAUSES: PausesDocument = { version: 1, mirrors: {}, targets: {} };

/** The pauses of a state folder; a missing file is none. @throws StateDamagedError, StateNewerError, StateUnavailableError */
export function openPausesFile(stateFolder: string): Promise<Document<PausesDocument>> {
  const file = join(stateFolder, 'pauses.json');
  return openDocument<PausesDocument>(file, {
    initial: NO_PAUSES,
    toJson: (pauses) => pauses,
    fromJson: (json) => {
      const { mirrors, targets } = upgrade(json, file, VERSIONS);
      return { version: 1, mirrors: timesIn(mirrors, file), targets: timesIn(targets, file) };
    },
  });
}

function timesIn(value: unknown, file: string): Readonly<Record<string, number>> {
  const isMap = typeof value === 'object' && value !== null;
  if (!isMap || !Object.values(value).every((time) => Number.isFinite(time)))
    throw new StateDamagedError(file, 'does not say what is paused until when');
  return value as Readonly<Record<string, number>>;
}
