interface Watch {
  readonly waiting: Set<() => void>;
  readonly listener: () => void;
}

/** One listener a signal, however many calls hold it: a thousand listeners of their own are slow, and a warning. */
const watches = new WeakMap<AbortSignal, Watch>();

/** Calls `run` when the signal is aborted. Returns what ends that; the last one takes the listener away. */
export function watchAbort(signal: AbortSignal, run: () => void): () => void {
  const { waiting, listener } = watches.get(signal) ?? begin(signal);
  const once = () => run(); // of its own identity, should one function be given twice
  waiting.add(once);
  return () => {
    waiting.delete(once);
    if (waiting.size > 0) return;
    signal.removeEventListener('abort', listener);
    watches.delete(signal);
  };
}

function begin(signal: AbortSignal): Watch {
  const waiting = new Set<() => void>();
  const listener = () => {
    for (const one of [...waiting]) one();
  };
  const watch = { waiting, listener };
  watches.set(signal, watch);
  signal.addEventListener('abort', listener);
  return watch;
}
