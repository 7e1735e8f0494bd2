import type { Md5Lanes, Md5Piece, Md5Result, Md5State } from '../md5-lanes.js';

/** The MD5 of a whole file, which takes its parts in order. */
export interface WholeMd5 {
  /** Undefined: no part was hashed yet. */
  before: Md5State | undefined;
  /** Hex, once the last part was hashed. */
  hex: string | undefined;
}

/** A part in the memory of the Md5Lanes. */
export interface Hashable {
  /** Its address, and its bytes. */
  readonly begin: number;
  readonly length: number;
  /** Whether the file ends with it. */
  readonly isLast: boolean;
  /** Of its file; undefined: it is not wanted, or hashed elsewhere. */
  readonly whole: WholeMd5 | undefined;
  /** Hex, once it was hashed. */
  md5: string | undefined;
}

/** A piece, and where its result goes. */
interface Job {
  readonly piece: Md5Piece;
  readonly done: (result: Md5Result) => void;
}

/** Hashes parts at the same time, of one file or of several, and with them the whole of each. Those of one file come in order. */
export function hashParts(parts: readonly Hashable[], lanes: Md5Lanes): void {
  const wholes = partsByWhole(parts);
  run([...parts.map(ofPart), ...takeFirsts(wholes)], lanes);
  while (wholes.size > 0) run(takeFirsts(wholes), lanes);
}

function run(jobs: readonly Job[], lanes: Md5Lanes): void {
  if (jobs.length === 0) return;
  const results = lanes.update(jobs.map(({ piece }) => piece));
  for (const [at, { done }] of jobs.entries()) done(results[at] as Md5Result);
}

function ofPart(part: Hashable): Job {
  const { begin, length } = part;
  return {
    piece: { begin, length, before: undefined, isLast: true },
    done(result) {
      if ('hex' in result) part.md5 = result.hex;
    },
  };
}

function partsByWhole(parts: readonly Hashable[]): Map<WholeMd5, Hashable[]> {
  const wholes = new Map<WholeMd5, Hashable[]>();
  for (const part of parts) {
    if (part.whole === undefined) continue;
    const its = wholes.get(part.whole);
    if (its === undefined) wholes.set(part.whole, [part]);
    else its.push(part);
  }
  return wholes;
}

/** The next part of each whole, which is taken out. */
function takeFirsts(wholes: Map<WholeMd5, Hashable[]>): readonly Job[] {
  return [...wholes].flatMap(([whole, its]) => {
    const next = its.shift();
    if (its.length === 0) wholes.delete(whole);
    return next === undefined ? [] : [ofWhole(whole, next)];
  });
}

function ofWhole(whole: WholeMd5, { begin, length, isLast }: Hashable): Job {
  return {
    piece: { begin, length, before: whole.before, isLast },
    done(result) {
      if ('hex' in result) whole.hex = result.hex;
      else whole.before = result.state;
    },
  };
}
