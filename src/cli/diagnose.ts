import { askDaemonText } from '../status/client.js';
import { targetOf, withDaemon } from './ask.js';
import type { Io } from './io.js';

/** `longshore diagnose [--hide-names]`: the daemon's bundle for a bug report, on stdout. */
export function diagnose(
  configFile: string | undefined,
  hideNames: boolean,
  io: Io,
): Promise<number> {
  return withDaemon(configFile, io, async ({ output, asking }) => {
    const query = { 'hide-names': hideNames ? 'yes' : undefined };
    output.lines((await askDaemonText(targetOf('/diagnostics', query), asking)).trimEnd());
  });
}
