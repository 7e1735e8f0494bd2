import { createHash } from 'node:crypto';
import type { BodyPart } from './call.js';

/** A part that was filled. */
type FilledPart = Pick<BodyPart, 'md5' | 'size'>;

/** The MD5s of the parts of a content that arrives in chunks of any size. In constant memory for each part. */
export interface PartDigests {
  update(chunk: Uint8Array): void;
  /** Once, at the end. The parts that were filled, in order. */
  finish(): readonly FilledPart[];
}

/** The same, with the hex MD5 of all bytes, for which each is hashed a second time. */
export function createPartAndWholeDigests(cuts: readonly number[]): {
  update(chunk: Uint8Array): void;
  finish(): { readonly parts: readonly FilledPart[]; readonly md5: string };
} {
  const whole = createHash('md5');
  const digests = createPartDigests(cuts);
  return {
    update(chunk) {
      whole.update(chunk);
      digests.update(chunk);
    },
    finish: () => ({ parts: digests.finish(), md5: whole.digest('hex') }),
  };
}

/** `cuts`: bytes of each part, in order. Bytes behind the last part belong to none. */
export function createPartDigests(cuts: readonly number[]): PartDigests {
  const parts: FilledPart[] = [];
  let hash = createHash('md5');
  let missing = cuts[0] ?? 0;

  function endFullParts(): void {
    while (missing === 0 && parts.length < cuts.length) {
      parts.push({ md5: hash.digest('hex'), size: cuts[parts.length] ?? 0 });
      hash = createHash('md5');
      missing = cuts[parts.length] ?? 0;
    }
  }

  endFullParts();
  return {
    update(chunk) {
      for (let at = 0; at < chunk.byteLength && parts.length < cuts.length; ) {
        const taken = Math.min(missing, chunk.byteLength - at);
        hash.update(chunk.subarray(at, at + taken));
        at += taken;
        missing -= taken;
        endFullParts();
      }
    },
    finish: () => parts,
  };
}

/** Bytes of each part of a content of `size` bytes that is cut every `partSize` bytes. */
export function evenCuts(size: number, partSize: number): readonly number[] {
  const count = Math.ceil(size / partSize);
  return Array.from({ length: count }, (_, index) =>
    index === count - 1 ? size - index * partSize : partSize,
  );
}
