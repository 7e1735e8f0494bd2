import type { Backend } from '../drivers/backend.js';
import { openTarget } from './drivers.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { type Output, openOutput } from './output.js';
import { findPlace, type PlaceOptions, type RemotePlace } from './remote-place.js';
import { type IndexEvidence, openIndexEvidence } from './restore-index.js';

/** What a command that reads what is stored works with. */
export interface PlaceCommand {
  readonly place: RemotePlace;
  readonly backend: Backend;
  readonly index: IndexEvidence;
  readonly output: Output;
  readonly io: Io;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Opens the place that a text names, with the mirror's index where there is one, and closes all, whatever happens. */
export async function withPlace(
  configFile: string | undefined,
  named: string,
  options: PlaceOptions,
  io: Io,
  work: (command: PlaceCommand) => Promise<number>,
): Promise<number> {
  const place = await findPlace(configFile, named, options, io);
  const output = openOutput(io.stdout);
  return interruptible(io, async (signal) => {
    const backend = await openTarget(place.target, io, signal);
    try {
      const index = await openIndexEvidence(place, io, signal);
      try {
        const code = await work({ place, backend, index, output, io, signal });
        await output.finish();
        return code;
      } finally {
        await index.close();
      }
    } finally {
      await backend.close();
    }
  });
}
