import type { Config } from '../config/config.js';
import { type AskOptions, askDaemon } from '../status/client.js';
import { EXIT } from './exit.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { openConfig } from './open-config.js';
import { type Output, openOutput } from './output.js';

/** A command that asks the running daemon. */
export interface AskingCommand {
  readonly config: Config;
  readonly io: Io;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** For functions of the client. */
  readonly asking: AskOptions;
  /** Asks a route below `/api/v1`. Rejects as `askDaemon` does, also with DaemonNotRunningError. */
  get(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<unknown>;
  post(path: string, body: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** Opens the configuration and the output, and resolves with the exit code. A reader that goes away ends it without an error. */
export async function withDaemon(
  configFile: string | undefined,
  io: Io,
  work: (command: AskingCommand) => Promise<void>,
): Promise<number> {
  const config = await openConfig(io, configFile);
  const output = openOutput(io.stdout);
  return interruptible(io, async (interrupt) => {
    const signal = AbortSignal.any([interrupt, output.closed]);
    const asking = { stateFolder: config.stateFolder, clock: io.clock, signal };
    try {
      await work({
        config,
        io,
        output,
        signal,
        asking,
        get: (path, query = {}) => askDaemon('GET', targetOf(path, query), asking),
        post: (path, body) => askDaemon('POST', targetOf(path, {}), { ...asking, body }),
      });
    } catch (error) {
      if (!output.closed.aborted) throw error;
    }
    await output.finish();
    return EXIT.OK;
  });
}

/** A route below `/api/v1` with its query; what is undefined is not in it. */
export function targetOf(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as [string, string]],
  );
  const search = new URLSearchParams(given).toString();
  return `/api/v1${path}${search === '' ? '' : `?${search}`}`;
}
