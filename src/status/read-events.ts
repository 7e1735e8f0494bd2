import type { Clock } from '../clock.js';
import { createCondition } from '../condition.js';
import { childController } from '../signal.js';
import type { StreamAnswer } from './api.js';
import type { EventRing, RingEvent } from './event-ring.js';

export interface EventReading {
  readonly ring: EventRing;
  readonly clock: Pick<Clock, 'after'>;
  /** The last event that the reader has; undefined: it wants those from now on. */
  readonly after: string | undefined;
  readonly format: 'event-stream' | 'lines';
  /** Aborted: the reader has gone, or the daemon ends. */
  readonly signal: AbortSignal;
}

/** Between bytes of a stream on which nothing happens, so that readers and proxies know that it lives. */
const COMMENT_MS = 10_000;

/** What may wait for a reader of what has happened since it came; characters of the stream. */
export const FARTHEST_BEHIND = 256 * 1024;

const CONTENT_TYPE = {
  'event-stream': 'text/event-stream; charset=utf-8',
  lines: 'application/x-ndjson; charset=utf-8',
} as const;

/**
 * The events after a moment, as an answer that goes on until its reader goes: as an event stream (WHATWG HTML, section 9.2),
 * or as one JSON object a line. Where events are missing, one `reset` comes first. A reader that is farther behind than
 * FARTHEST_BEHIND is cut off: it comes again with the id of the last event that it has.
 */
export function eventsAnswer(reading: EventReading): StreamAnswer {
  const cut = new AbortController();
  return {
    status: 200,
    contentType: CONTENT_TYPE[reading.format],
    headers: { 'cache-control': 'no-store' },
    chunks: chunksOf(reading, cut),
    cutOff: cut.signal,
  };
}

async function* chunksOf(
  { ring, clock, after, format, signal }: EventReading,
  cut: AbortController,
): AsyncGenerator<string, void> {
  const write = format === 'lines' ? lineOf : streamed;
  const waiting: string[] = [];
  const changed = createCondition();
  const { controller: over, unlink } = childController(signal, cut.signal);
  let behind = 0;
  const missed = after === undefined ? [] : ring.after(after);
  const unlisten = ring.listen((event) => {
    const text = write(event);
    waiting.push(text);
    behind += text.length;
    if (behind > FARTHEST_BEHIND) cut.abort(new Error('the reader of the events is too slow'));
    changed.notifyAll();
  });
  try {
    yield format === 'lines' ? '' : 'retry: 2000\n\n';
    if (missed === undefined) yield write(resetOf(ring));
    else for (const event of missed) yield write(event);
    while (!over.signal.aborted) {
      const text = waiting.shift();
      if (text !== undefined) {
        yield text;
        behind -= text.length;
        continue;
      }
      const isQuiet = await quietFor(COMMENT_MS, changed, clock, over.signal);
      if (isQuiet) yield format === 'lines' ? '\n' : ': still here\n\n';
    }
  } finally {
    unlisten();
    unlink();
  }
}

/** True when this time has passed, false as soon as the condition is notified or the signal aborted. */
async function quietFor(
  ms: number,
  changed: ReturnType<typeof createCondition>,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
): Promise<boolean> {
  let isQuiet = false;
  const cancel = clock.after(ms, () => {
    isQuiet = true;
    changed.notifyAll();
  });
  await changed.wait(signal).catch(() => {});
  cancel();
  return isQuiet;
}

function resetOf(ring: EventRing): RingEvent {
  return { id: ring.lastId, event: 'reset', data: { eventId: ring.lastId } };
}

function streamed({ id, event, data }: RingEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function lineOf({ id, event, data }: RingEvent): string {
  return `${JSON.stringify({ id, event, data })}\n`;
}
