import { untilAborted } from '../signal.js';
import type { Body, Checksum, ChecksumAlgorithm, ObjectRef } from './call.js';
import { createDigest } from './digest.js';
import { ObjectError } from './errors.js';

/** The size and digests of a body when it was read last. */
export interface Tally {
  /** `unread`: never opened. `unfinished`: the last reading did not reach the end. */
  readonly state: 'unread' | 'unfinished' | 'read';
  readonly size: number;
  /** Undefined when no digest was asked for. */
  readonly checksum: Checksum | undefined;
}

export interface TallyOptions {
  readonly algorithm: ChecksumAlgorithm | undefined;
  readonly ref: ObjectRef;
  readonly driver: string;
  readonly signal: AbortSignal;
}

/**
 * The same body, counted and hashed while it is read: each `open` starts from zero, so that a retry is tallied
 * on its own. A source that gives fewer or more bytes than `size` throws, which makes a put reject (G2).
 */
export function tallyBody(
  body: Body,
  options: TallyOptions,
): { readonly body: Body; tally(): Tally } {
  const { file } = body;
  let last: Tally = { state: 'unread', size: 0, checksum: undefined };
  const onRead = (size: number, md5: string): void => {
    last = { state: 'read', size, checksum: options.algorithm && { algorithm: 'md5', hex: md5 } };
    file?.onRead(size, md5);
  };
  return {
    body: {
      size: body.size,
      replayable: body.replayable,
      get checksums() {
        return last.state === 'read' && last.checksum !== undefined
          ? [last.checksum]
          : (body.checksums ?? []);
      },
      // Who reads the file itself reports an MD5.
      ...(file && (options.algorithm ?? 'md5') === 'md5' && { file: { ...file, onRead } }),
      open() {
        last = { state: 'unfinished', size: 0, checksum: undefined };
        return tallied(body, options, (tally) => {
          last = tally;
        });
      },
    },
    tally: () => last,
  };
}

async function* tallied(
  body: Body,
  options: TallyOptions,
  done: (tally: Tally) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const digest = options.algorithm === undefined ? undefined : createDigest(options.algorithm);
  let size = 0;
  for await (const chunk of untilAborted(body.open(), options.signal)) {
    if (!(chunk instanceof Uint8Array))
      throw new TypeError(
        `the source of "${options.ref.key}" gave a ${typeof chunk} where bytes (Uint8Array) are wanted`,
      );
    size += chunk.byteLength;
    if (body.size !== undefined && size > body.size)
      throw wrongLength(options, `more than the ${body.size} bytes it was said to have`);
    digest?.update(chunk);
    yield chunk;
  }
  if (body.size !== undefined && size < body.size)
    throw wrongLength(options, `${size} of the ${body.size} bytes it was said to have`);
  done({ state: 'read', size, checksum: digest?.checksum() });
}

function wrongLength({ ref, driver }: TallyOptions, what: string): ObjectError {
  return new ObjectError(ref.key, `was not stored: its source gave ${what}`, { driver });
}
