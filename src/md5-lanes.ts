import { md5Module } from './md5-code.js';
import { BLOCK, LANES, MOST_LANES, SINES, WORKSPACE } from './md5-words.js';
import { type SharedMemory, WebAssembly } from './web-assembly.js';

/** An MD5 that has taken whole blocks of a content, and takes more. Plain data. */
export interface Md5State {
  readonly words: readonly number[];
  /** That it has taken. */
  readonly bytes: number;
}

/** A piece of a content, which lies in the memory. */
export interface Md5Piece {
  /** Its address, and its bytes; of a piece that is not the last of its content, whole blocks of 64. */
  readonly begin: number;
  readonly length: number;
  /** After the pieces before it; undefined: it is the first one. */
  readonly before: Md5State | undefined;
  readonly isLast: boolean;
}

/** `hex`: of the whole content, after its last piece. */
export type Md5Result = { readonly state: Md5State } | { readonly hex: string };

/** Computes MD5s of several contents at the same time, each step of up to four of them by one instruction, and of eight by two. */
export interface Md5Lanes {
  /** Takes a further piece of each of these contents. Returns a result for each. @throws RangeError for a piece with a part of a block */
  update(pieces: readonly Md5Piece[]): readonly Md5Result[];
}

/** See md5Module. All arguments are addresses in the memory, but for the last, which counts blocks. */
interface Md5Functions {
  hashOne(state: number, content: number, blocks: number): void;
  hashFour(workspace: number, ...contentsAndBlocks: readonly number[]): void;
  hashEight(workspace: number, ...contentsAndBlocks: readonly number[]): void;
}

const FIRST_WORDS: readonly number[] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
const EMPTY: Md5State = { words: FIRST_WORDS, bytes: 0 };

/** Of one call, so that V8 soon runs its fast translation of the functions, which it makes while the first calls run. */
const MOST_BLOCKS = 2048;

/** Where in the workspace the last blocks of a content are. */
const TAIL = WORKSPACE.bytes;
/** Bytes of the memory that an Md5Lanes works with. */
export const MD5_WORKSPACE = 1024;
/** As many are hashed one after the other in less time than together. */
const FEW = 2;

/** A content that is hashed. */
interface Lane {
  readonly words: Uint32Array;
  /** The address of what is left, and its blocks. */
  at: number;
  blocks: number;
}

/** `workspace`: the address of MD5_WORKSPACE bytes that nothing else uses; a multiple of 16. */
export function openMd5Lanes(memory: SharedMemory, workspace: number): Md5Lanes {
  const { buffer } = memory;
  const module = new WebAssembly.Module(md5Module());
  const functions = new WebAssembly.Instance(module, { memory: { memory } })
    .exports as Md5Functions;
  const states = new Uint32Array(buffer, workspace + WORKSPACE.states, 4 * MOST_LANES);
  new Uint32Array(buffer, workspace, SINES.length).set(SINES);

  function hashAlone(words: Uint32Array, at: number, blocks: number): void {
    states.set(words);
    functions.hashOne(states.byteOffset, at, blocks);
    words.set(states.subarray(0, words.length));
  }

  /** The place of a number of a state: those of four contents beside each other. */
  const placeOf = (lane: number, word: number): number =>
    (Math.floor(lane / LANES) * 4 + word) * LANES + (lane % LANES);

  function hashTogether(lanes: readonly Lane[], blocks: number): void {
    for (const [lane, { words }] of lanes.entries())
      for (const [word, value] of words.entries()) states[placeOf(lane, word)] = value;
    const isFour = lanes.length <= LANES;
    // A lane without a content repeats the first one, and its result is dropped.
    const contents = Array.from(
      { length: isFour ? LANES : MOST_LANES },
      (_, lane) => (lanes[lane] ?? lanes[0])?.at ?? 0,
    );
    if (isFour) functions.hashFour(workspace, ...contents, blocks);
    else functions.hashEight(workspace, ...contents, blocks);
    for (const [lane, { words }] of lanes.entries())
      for (const word of words.keys()) words[word] = states[placeOf(lane, word)] ?? 0;
  }

  /** Those with the most to do come first, so that all end together. */
  function hashAll(lanes: readonly Lane[]): void {
    for (;;) {
      const chosen = lanes
        .filter(({ blocks }) => blocks > 0)
        .sort((a, b) => b.blocks - a.blocks)
        .slice(0, MOST_LANES);
      if (chosen.length === 0) return;
      const blocks = Math.min(MOST_BLOCKS, ...chosen.map((lane) => lane.blocks));
      if (chosen.length > FEW) hashTogether(chosen, blocks);
      else for (const { words, at } of chosen) hashAlone(words, at, blocks);
      for (const lane of chosen) {
        lane.at += blocks * BLOCK;
        lane.blocks -= blocks;
      }
    }
  }

  /** Takes the bytes behind the last whole block, the bit that ends them, and the number of all bits (RFC 1321, section 3). */
  function finish({ words, at }: Lane, rest: number, total: number): string {
    const blocks = rest + 9 > BLOCK ? 2 : 1;
    const tail = new Uint8Array(buffer, workspace + TAIL, blocks * BLOCK).fill(0);
    tail.set(new Uint8Array(buffer, at, rest));
    tail[rest] = 0x80;
    const length = new DataView(buffer, tail.byteOffset + tail.byteLength - 8);
    length.setBigUint64(0, BigInt(total) * 8n, true);
    hashAlone(words, tail.byteOffset, blocks);
    return Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('hex');
  }

  return {
    update(pieces) {
      const lanes = pieces.map(({ begin, length, before = EMPTY, isLast }): Lane => {
        if (!isLast && length % BLOCK !== 0)
          throw new RangeError(`a piece of ${length} bytes ends in a block`);
        const words = Uint32Array.from(before.words);
        return { words, at: begin, blocks: Math.floor(length / BLOCK) };
      });
      hashAll(lanes);
      return pieces.map(({ length, before = EMPTY, isLast }, row): Md5Result => {
        const lane = lanes[row] as Lane;
        const total = before.bytes + length;
        if (isLast) return { hex: finish(lane, length % BLOCK, total) };
        return { state: { words: [...lane.words], bytes: total } };
      });
    },
  };
}
