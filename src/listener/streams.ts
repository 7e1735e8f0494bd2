import { STREAMS, STREAMS_OF_SESSION } from './limits.js';

/** Counts the open streams: each takes a connection and memory. */
export interface StreamCount {
  /** Returns what ends the count of this one; undefined: there are too many, of this session or of all. */
  begin(session: string): (() => void) | undefined;
}

export function createStreamCount(): StreamCount {
  const open = new Map<string, number>();
  let all = 0;
  return {
    begin(session) {
      const own = open.get(session) ?? 0;
      if (all >= STREAMS || own >= STREAMS_OF_SESSION) return undefined;
      all += 1;
      open.set(session, own + 1);
      return () => {
        all -= 1;
        const left = (open.get(session) ?? 0) - 1;
        if (left > 0) open.set(session, left);
        else open.delete(session);
      };
    },
  };
}
