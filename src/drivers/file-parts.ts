import type { FileVersion } from '../file-stat.js';
import { orAborted } from '../signal.js';
import { bytesBody } from './body.js';
import type { Body, BodyPart, Checksum, CutRange, PartSource } from './call.js';
import type { PartsThreads } from './parts-threads.js';
import type { PartsAnswer } from './read-parts.js';

/** Parts that are hashed and not released yet, where they are not handed over: those on their way, and the one that is next. */
const AHEAD = 5;

/** Numbers of all parts. */
const ALL = { first: 1, last: Number.POSITIVE_INFINITY };

export interface FilePartsOptions {
  readonly path: string;
  readonly follow: boolean;
  readonly version: FileVersion;
  /** Where the file is read and hashed. */
  readonly threads: PartsThreads;
  /** The bytes of a part that was not handed over. */
  readonly slice: (start: number, end: number) => Body;
  /** What reading rejects with when the file is not the version that is meant. */
  readonly changed: () => Error;
}

/**
 * A file in parts, or some of them in a row, which a thread reads and hashes once, in order, and never more than a few ahead of those
 * that were released. Parts for which there is no memory are read again as they are sent, from the system's cache.
 */
export function fileParts(
  { path, follow, version, threads, slice, changed }: FilePartsOptions,
  { partSize, wholeMd5, partSha1 = false, only = ALL }: CutRange,
  signal: AbortSignal,
): PartSource {
  let whole: string | undefined;

  async function* parts(): AsyncGenerator<BodyPart, void, undefined> {
    const reading = threads.open({
      ...{ path, follow, version, partSize, wholeMd5, partSha1 },
      ...only,
    });
    try {
      const { slots } = reading;
      for (let slot = 0; slot < (slots ?? AHEAD); slot += 1)
        reading.want(slots === undefined ? null : slot);
      for (let start = (only.first - 1) * partSize; ; ) {
        const answer = await orAborted(reading.next(), signal);
        if (answer.kind !== 'part') {
          whole = endOf(answer);
          return;
        }
        const { number, size, md5, sha1, slot } = answer;
        const body =
          slot === undefined ? slice(start, start + size) : bytesBody(reading.bytes(slot, size));
        const release = () => reading.want(slot ?? null);
        yield { number, size, md5, body: withDigests(body, md5, sha1), release };
        start += size;
      }
    } finally {
      reading.close();
    }
  }

  function endOf(answer: Exclude<PartsAnswer, { kind: 'part' }>): string | undefined {
    if (answer.kind === 'end') return answer.md5;
    if (answer.kind === 'changed') throw changed();
    throw Object.assign(new Error(answer.message), { code: answer.code });
  }

  return {
    parts: parts(),
    md5() {
      if (whole === undefined) throw new Error(`the whole of "${path}" was not hashed`);
      return whole;
    },
  };
}

/** The same body, of known content. */
function withDigests(body: Body, md5: string, sha1: string | undefined): Body {
  const checksums: Checksum[] = [{ algorithm: 'md5', hex: md5 }];
  if (sha1 !== undefined) checksums.push({ algorithm: 'sha1', hex: sha1 });
  return { ...body, checksums };
}
