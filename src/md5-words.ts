// What the MD5 of md5-code.ts computes with: numbers of 32 bits, or vectors of four of them.

import { at, type Code, get, number, unsigned } from './web-assembly-code.js';

/** Lanes of a vector: the contents that `hashFour` hashes at once. */
export const LANES = 4;
/** Contents that `hashEight` hashes at once. */
export const MOST_LANES = 8;
/** Bytes that MD5 takes at once. */
export const BLOCK = 64;

export const STEPS = 64;
/** Of a block. */
export const WORDS = 16;

/** What the step with each number adds: the sines of whole angles (RFC 1321, section 3.4). */
export const SINES: Uint32Array<ArrayBuffer> = Uint32Array.from({ length: STEPS }, (_, step) =>
  Math.floor(2 ** 32 * Math.abs(Math.sin(step + 1))),
);

/** Where in the workspace of `hashFour` and `hashEight` what is, in bytes. */
export const WORKSPACE = {
  sines: 0,
  /** The four numbers of the first four contents, each of all four, and then those of the others. */
  states: SINES.byteLength,
  /** The words of a block of each content. */
  words: SINES.byteLength + 16 * MOST_LANES,
  bytes: SINES.byteLength + 16 * MOST_LANES + 4 * WORDS * MOST_LANES,
} as const;

/** Operations on one word, or on one of each lane. */
export interface Words {
  readonly add: Code;
  readonly and: Code;
  readonly or: Code;
  readonly xor: Code;
  readonly not: Code;
  rotated(local: number, bits: number): Code;
  /** The constant of a step. */
  sine(step: number): Code;
  /** One of the 16 words of the block. */
  word(index: number): Code;
  /** The four numbers of an MD5 under way, in memory. */
  load(index: number): Code;
  store(index: number, value: Code): Code;
}

/** Adds two numbers. */
export const ADD: Code = [0x6a];

/** `state`, `content`: locals with addresses. */
export const single = (state: number, content: number): Words => ({
  add: ADD,
  and: [0x71],
  or: [0x72],
  xor: [0x73],
  not: [...number(-1), 0x73],
  rotated: (local, bits) => [...get(local), ...number(bits), 0x77],
  sine: (step) => number(SINES[step] ?? 0),
  word: (index) => [...get(content), 0x28, ...at(4 * index)],
  load: (index) => [...get(state), 0x28, ...at(4 * index)],
  store: (index, value) => [...get(state), ...value, 0x36, ...at(4 * index)],
});

export const simd = (operation: number): Code => [0xfd, ...unsigned(operation)];
/** Bytes of a vector. */
export const VECTOR = 4 * LANES;
export const loaded = (address: number, offset: number): Code => [
  ...get(address),
  ...simd(0),
  ...at(offset),
];
export const stored = (address: number, offset: number, value: Code): Code => [
  ...[...get(address), ...value],
  ...[...simd(11), ...at(offset)],
];

/** `workspace`: the local with its address; `vector`: which of the vectors of each word and state. */
export const fourfold = (workspace: number, vector: number): Words => ({
  add: simd(174),
  and: simd(78),
  or: simd(80),
  xor: simd(81),
  not: simd(77),
  // There is no rotation of lanes.
  rotated: (local, bits) => [
    ...[...get(local), ...number(bits), ...simd(171)],
    ...[...get(local), ...number(32 - bits), ...simd(173)],
    ...simd(80),
  ],
  sine: (step) => [...get(workspace), ...simd(9), ...at(WORKSPACE.sines + 4 * step)],
  word: (index) => loaded(workspace, wordAt(vector, index)),
  load: (index) => loaded(workspace, WORKSPACE.states + VECTOR * (4 * vector + index)),
  store: (index, value) =>
    stored(workspace, WORKSPACE.states + VECTOR * (4 * vector + index), value),
});

/** Where in the workspace a word of each content of a vector is. */
export function wordAt(vector: number, index: number): number {
  return WORKSPACE.words + VECTOR * (WORDS * vector + index);
}
