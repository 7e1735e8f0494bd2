import type { Config } from '../config/config.js';
import { printable } from '../printable.js';
import { askDaemon, DaemonNotRunningError } from '../status/client.js';
import { EXIT } from './exit.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { openOutput } from './output.js';

export interface RunRequest {
  readonly run: 'scan' | 'reconcile';
  /** Empty: all of the configuration. */
  readonly mirrors: readonly string[];
  readonly json: boolean;
}

/**
 * Asks a running daemon, which alone may work on the state, to make these runs, and does not wait for their end. Resolves with
 * undefined where no daemon runs.
 */
export async function requestRunInDaemon(
  { stateFolder, mirrors }: Config,
  { run, mirrors: named, json }: RunRequest,
  io: Io,
): Promise<number | undefined> {
  const output = openOutput(io.stdout);
  let isRunning = true;
  const code = await interruptible(io, async (signal) => {
    try {
      for (const mirror of named.length > 0 ? named : mirrors.map(({ name }) => name)) {
        const asking = { stateFolder, clock: io.clock, signal, body: { mirror } };
        await askDaemon('POST', `/api/v1/${run}`, asking);
        if (json) output.json({ event: 'requested', mirror, run });
        else
          output.line(
            `${printable(mirror)}: the running daemon makes the ${run}; longshore status shows it`,
          );
      }
    } catch (error) {
      if (!(error instanceof DaemonNotRunningError)) throw error;
      isRunning = false;
    }
    await output.finish();
    return EXIT.OK;
  });
  return isRunning ? code : undefined;
}
