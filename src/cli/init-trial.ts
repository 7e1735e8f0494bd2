import { messageLines } from './error-lines.js';
import { EXIT, exitCodeOf } from './exit.js';
import { TARGET } from './init-config.js';
import type { Site } from './init-text.js';
import type { Io } from './io.js';
import { noteLine } from './output.js';
import { probe } from './probe.js';

const SERVICE_USER = 'longshore';

/**
 * Tries the target of a configuration that was written a moment ago; that of a service with the rights of its user, whose is then
 * what the trial creates. Resolves with the exit code; a failure is reported on stderr.
 */
export async function tryTarget(
  { path, forService }: Site,
  { create }: { readonly create: boolean },
  io: Io,
): Promise<number> {
  const code = (forService ? await asService(path, create, io) : undefined) ?? (await here());
  if (code !== EXIT.OK) {
    const again = `longshore --config ${path} probe ${TARGET} --create`;
    noteLine(io.stderr, `the configuration stays; try again: ${again}`);
  }
  return code;

  async function here(): Promise<number> {
    try {
      return await probe(path, TARGET, { container: undefined, json: false, create }, io);
    } catch (error) {
      for (const line of messageLines(error)) noteLine(io.stderr, line);
      return exitCodeOf(error);
    }
  }
}

/** Undefined where the service has no user, or where this one cannot act for it. */
async function asService(path: string, create: boolean, io: Io): Promise<number | undefined> {
  if (io.uid !== 0 || io.runAs === undefined) return undefined;
  noteLine(io.stderr, `trying it as the user ${SERVICE_USER}, as the service will`);
  const command = ['--config', path, 'probe', TARGET, ...(create ? ['--create'] : [])];
  return io.runAs(SERVICE_USER, command);
}
