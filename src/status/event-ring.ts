import type { ApiEventName } from './schema-events.js';

/** An event of the control API as its readers get it. */
export interface RingEvent {
  /** `BOOT-SEQUENCE`: the sequence counts from 1 in each start of the daemon. */
  readonly id: string;
  readonly event: ApiEventName;
  readonly data: unknown;
}

/**
 * The last events, numbered without a gap. A reader that has seen the event of an id gets each later one exactly once, or
 * learns that some of them are not kept any more.
 */
export interface EventRing {
  publish(event: ApiEventName, data: unknown): RingEvent;
  /** The id of the last event; before the first one with the sequence 0. */
  readonly lastId: string;
  /** The events after this one. Undefined: they are not all kept, or the id is of another start, or no id at all. */
  after(id: string): readonly RingEvent[] | undefined;
  /** Calls `listener` with each event from now on. Returns what ends that. */
  listen(listener: (event: RingEvent) => void): () => void;
  readonly listeners: number;
}

/** Events that are kept. */
export const KEPT_EVENTS = 4_096;

/** `boot`: another text at each start of the daemon; without a dash. */
export function createEventRing(boot: string, size = KEPT_EVENTS): EventRing {
  const slots: RingEvent[] = [];
  const listeners = new Set<(event: RingEvent) => void>();
  let last = 0;

  const idOf = (sequence: number) => `${boot}-${sequence}`;

  return {
    publish(event, data) {
      last += 1;
      const published = { id: idOf(last), event, data };
      slots[(last - 1) % size] = published;
      for (const listener of listeners) listener(published);
      return published;
    },
    get lastId() {
      return idOf(last);
    },
    after(id) {
      const sequence = sequenceOf(id, boot);
      if (sequence === undefined || sequence > last || last - sequence > size) return undefined;
      const found: RingEvent[] = [];
      for (let next = sequence + 1; next <= last; next += 1) {
        const event = slots[(next - 1) % size];
        if (event !== undefined) found.push(event);
      }
      return found;
    },
    listen(listener) {
      const own = (event: RingEvent) => listener(event); // twice the same function is two
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    get listeners() {
      return listeners.size;
    },
  };
}

function sequenceOf(id: string, boot: string): number | undefined {
  if (!id.startsWith(`${boot}-`)) return undefined;
  const text = id.slice(boot.length + 1);
  const sequence = /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
  return sequence;
}
