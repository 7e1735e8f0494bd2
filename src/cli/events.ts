import { DaemonNotRunningError, daemonLines } from '../status/client.js';
import { targetOf, withDaemon } from './ask.js';
import type { Io } from './io.js';

/** `longshore events`: prints the events of the daemon until a signal, the reader or the end of the daemon ends it. */
export function events(
  configFile: string | undefined,
  since: string | undefined,
  io: Io,
): Promise<number> {
  return withDaemon(configFile, io, async ({ output, asking, signal }) => {
    let last = since;
    for (;;) {
      let isEmpty = true;
      for await (const line of daemonLines(
        targetOf('/events', { format: 'lines', since: last }),
        asking,
      )) {
        isEmpty = false;
        last = idOf(line) ?? last;
        output.line(line);
      }
      signal.throwIfAborted();
      // The daemon has cut this reader off, or it has ended: which of both, the next try shows.
      if (isEmpty) throw new DaemonNotRunningError('the daemon has ended the stream of events');
    }
  });
}

function idOf(line: string): string | undefined {
  const event: unknown = JSON.parse(line);
  const isEvent = typeof event === 'object' && event !== null && 'id' in event;
  return isEvent && typeof event.id === 'string' ? event.id : undefined;
}
