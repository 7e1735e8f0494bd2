import type { Body } from './call.js';

/** A body that is in memory. The bytes must not change while it is in use. */
export function bytesBody(bytes: Uint8Array): Body {
  return {
    size: bytes.byteLength,
    replayable: true,
    bytes,
    async *open() {
      if (bytes.byteLength > 0) yield bytes;
    },
    slice: (start, end) => bytesBody(bytes.subarray(start, end)),
  };
}

/** A body that can be read once. */
export function streamBody(source: AsyncIterable<Uint8Array>, size?: number): Body {
  let opened = false;
  return {
    size,
    replayable: false,
    open() {
      if (opened) throw new Error('a one-shot body was opened a second time');
      opened = true;
      return source;
    },
  };
}
