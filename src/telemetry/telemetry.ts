import type { Logger } from '../log.js';
import type { EventName, EventNamed, TelemetryEvent } from './events.js';

/** The one stream of what happens, for status, logs, metrics and whatever else watches the program. */
export interface Telemetry {
  /** Calls `listener` with each event of these names, at once and in order. Returns what ends that. */
  listen<N extends EventName>(
    names: readonly N[],
    listener: (event: EventNamed<N>) => void,
  ): () => void;
  /** Whether an event of this name has a listener: ask before making one that comes with each call or object. */
  wants(name: EventName): boolean;
  /** Never throws: what a listener throws is logged, once for each listener. */
  emit(event: TelemetryEvent): void;
}

type Listener = (event: TelemetryEvent) => void;

export function createTelemetry(log: Pick<Logger, 'error'>): Telemetry {
  const listeners = new Map<EventName, Set<Listener>>();
  const failed = new WeakSet<Listener>();

  function complain(listener: Listener, name: EventName, error: unknown): void {
    if (failed.has(listener)) return;
    failed.add(listener);
    log.error('telemetry listener failed', { name, error });
  }

  return {
    listen(names, listener) {
      const own: Listener = (event) => listener(event as Parameters<typeof listener>[0]);
      for (const name of names) {
        const others = listeners.get(name);
        if (others) others.add(own);
        else listeners.set(name, new Set([own]));
      }
      return () => {
        for (const name of names) {
          listeners.get(name)?.delete(own);
          if (listeners.get(name)?.size === 0) listeners.delete(name);
        }
      };
    },
    wants: (name) => listeners.has(name),
    emit(event) {
      for (const listener of listeners.get(event.event) ?? []) {
        try {
          listener(event);
        } catch (error) {
          complain(listener, event.event, error);
        }
      }
    },
  };
}
