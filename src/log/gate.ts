import type { Writable } from 'node:stream';

/** Bounds what waits in a log's stream, and handles the stream's errors, which would end the program. */
export interface Gate {
  /** Whether a line may be written now; one that may not is counted. Ask before the line is built. */
  takes(urgent: boolean): boolean;
  /** Lines refused since the last call; 0 while the stream takes nothing, so that they are reported once it does. */
  refused(): number;
  /** Resolves when the stream has taken everything that was written, or cannot any more. */
  flush(): Promise<void>;
  /** Removes the listeners from the stream, which is not ended. */
  release(): void;
}

/** Bytes waiting in the stream from which on lines are refused: ordinary ones early, warnings and errors late. */
const ORDINARY_LIMIT = 1024 * 1024;
const URGENT_LIMIT = 4 * 1024 * 1024;

export function gateOf(stream: Writable): Gate {
  let refused = 0;
  let gone = false;

  // Without a listener an EPIPE (the reader of our stderr has left) would end the program. Other errors, such as a full
  // disk under a redirected log, pass: Node's standard streams go on working after them.
  const onError = (error: NodeJS.ErrnoException): void => {
    gone ||= error.code === 'EPIPE';
  };
  stream.on('error', onError);

  const usable = () => !gone && !stream.destroyed && !stream.writableEnded;
  return {
    takes(urgent) {
      const taken = usable() && stream.writableLength < (urgent ? URGENT_LIMIT : ORDINARY_LIMIT);
      if (!taken) refused += 1;
      return taken;
    },
    refused() {
      if (!usable()) return 0;
      const count = refused;
      refused = 0;
      return count;
    },
    async flush() {
      if (usable()) await new Promise<void>((resolve) => stream.write('', () => resolve()));
    },
    release() {
      stream.off('error', onError);
    },
  };
}
