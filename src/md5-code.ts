// MD5 (RFC 1321) as a WebAssembly module: of one content, or of four at once in the four lanes of 128-bit vectors, which takes
// little more time than one, as each step of a single MD5 waits for the step before it.

import {
  at,
  type Code,
  get,
  name,
  number,
  section,
  set,
  sized,
  unsigned,
  vector,
} from './web-assembly-code.js';

/** Contents that `hashFour` hashes at once. */
export const LANES = 4;
/** Bytes that MD5 takes at once. */
export const BLOCK = 64;

const STEPS = 64;
const WORDS = 16;

/** What the step with each number adds: the sines of whole angles (RFC 1321, section 3.4). */
export const SINES: Uint32Array<ArrayBuffer> = Uint32Array.from({ length: STEPS }, (_, step) =>
  Math.floor(2 ** 32 * Math.abs(Math.sin(step + 1))),
);

const ROTATIONS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

/** Which of the 16 words of a block a step takes, by its round. */
const WORD_OF = [
  (step: number) => step,
  (step: number) => 5 * step + 1,
  (step: number) => 3 * step + 5,
  (step: number) => 7 * step,
] as const;

/** Operations on one word, or on one of each lane. */
interface Words {
  readonly add: Code;
  readonly and: Code;
  readonly or: Code;
  readonly xor: Code;
  readonly not: Code;
  rotated(value: Code, bits: number): Code;
  /** The constant of a step. */
  sine(step: number): Code;
  /** One of the 16 words of the block. */
  word(index: number): Code;
}

/** The four numbers of an MD5 under way, by the locals that they are in. */
type Locals = readonly [a: number, b: number, c: number, d: number];

function mixed({ and, or, xor, not }: Words, round: number, [, b, c, d]: Locals): Code {
  if (round === 0) return [...get(b), ...get(c), ...get(d), ...xor, ...and, ...get(d), ...xor];
  if (round === 1) return [...get(d), ...get(b), ...get(c), ...xor, ...and, ...get(c), ...xor];
  if (round === 2) return [...get(c), ...get(d), ...xor, ...get(b), ...xor];
  return [...get(d), ...not, ...get(b), ...or, ...get(c), ...xor];
}

/** All steps of one block. */
function steps(words: Words, [first, second, third, fourth]: Locals): Code {
  let locals: Locals = [first, second, third, fourth];
  return Array.from({ length: STEPS }, (_, step) => {
    const round = Math.floor(step / WORDS);
    const [a, b, c, d] = locals;
    const word = (WORD_OF[round]?.(step) ?? 0) % WORDS;
    const bits = ROTATIONS[round]?.[step % 4] ?? 0;
    // What does not wait for the step before comes first.
    const early = [...get(a), ...words.sine(step), ...words.add, ...words.word(word), ...words.add];
    const sum = [...early, ...mixed(words, round, locals), ...words.add];
    locals = [d, a, b, c];
    return set(a, [...words.rotated(sum, bits), ...get(b), ...words.add]);
  }).flat();
}

const I32 = 0x7f;
const V128 = 0x7b;
const ADD = [0x6a];

const single = (content: number): Words => ({
  add: ADD,
  and: [0x71],
  or: [0x72],
  xor: [0x73],
  not: [...number(-1), 0x73],
  rotated: (value, bits) => [...value, ...number(bits), 0x77],
  sine: (step) => number(SINES[step] ?? 0),
  word: (index) => [...get(content), 0x28, ...at(4 * index)],
});

const simd = (operation: number): Code => [0xfd, ...unsigned(operation)];
const V_ADD = simd(174);

/** `sines`: the local with the address of the table; `words`: the first of the 16 locals with the words of the blocks. */
const fourfold = (sines: number, words: number, spare: number): Words => ({
  add: V_ADD,
  and: simd(78),
  or: simd(80),
  xor: simd(81),
  not: simd(77),
  // There is no rotation of lanes.
  rotated: (value, bits) => [
    ...set(spare, value),
    ...[...get(spare), ...number(bits), ...simd(171)],
    ...[...get(spare), ...number(32 - bits), ...simd(173)],
    ...simd(80),
  ],
  sine: (step) => [...get(sines), ...simd(9), ...at(4 * step)],
  word: (index) => get(words + index),
});

const range = (first: number, length: number): readonly number[] =>
  Array.from({ length }, (_, index) => first + index);
const shuffled = (a: number, b: number, bytes: Code): Code => [
  ...get(a),
  ...get(b),
  ...simd(13),
  ...bytes,
];
const LOW_WORDS = [...range(0, 4), ...range(16, 4), ...range(4, 4), ...range(20, 4)];
const HIGH_WORDS = LOW_WORDS.map((byte) => byte + 8);
const LOW_HALVES = [...range(0, 8), ...range(16, 8)];
const HIGH_HALVES = LOW_HALVES.map((byte) => byte + 8);

/** Reads four words of each of four contents, and puts the first ones of all into the first local, and so on. */
function transposed(
  contents: readonly number[],
  offset: number,
  into: number,
  spare: number,
): Code {
  const [r0, r1, r2, r3, t0, t1, t2, t3] = range(spare, 8) as [...Locals, ...Locals];
  return [
    ...contents.flatMap((content, lane) =>
      set(spare + lane, [...get(content), ...simd(0), ...at(offset)]),
    ),
    ...set(t0, shuffled(r0, r1, LOW_WORDS)),
    ...set(t1, shuffled(r0, r1, HIGH_WORDS)),
    ...set(t2, shuffled(r2, r3, LOW_WORDS)),
    ...set(t3, shuffled(r2, r3, HIGH_WORDS)),
    ...set(into, shuffled(t0, t2, LOW_HALVES)),
    ...set(into + 1, shuffled(t0, t2, HIGH_HALVES)),
    ...set(into + 2, shuffled(t1, t3, LOW_HALVES)),
    ...set(into + 3, shuffled(t1, t3, HIGH_HALVES)),
  ];
}

/** What the functions for one and for four contents differ in. */
interface Shape {
  readonly words: Words;
  /** Before the steps of each block. */
  readonly begin: Code;
  readonly load: (offset: number) => Code;
  readonly store: (offset: number) => Code;
  /** Bytes of a number in all lanes. */
  readonly width: number;
}

/** Runs over the blocks from the beginning of the contents. `locals`: the first of eight. */
function hashing(
  { words, begin, load, store, width }: Shape,
  state: number,
  contents: readonly number[],
  blocks: number,
  locals: number,
): Code {
  const now = range(locals, 4) as unknown as Locals;
  const before = range(locals + 4, 4);
  const each = (code: (index: number) => Code) => range(0, 4).flatMap(code);
  return [
    ...each((i) => set(before[i] ?? 0, [...get(state), ...load(width * i)])),
    ...[0x03, 0x40], // loop
    ...begin,
    ...each((i) => set(now[i] ?? 0, get(before[i] ?? 0))),
    ...steps(words, now),
    ...each((i) =>
      set(before[i] ?? 0, [...get(before[i] ?? 0), ...get(now[i] ?? 0), ...words.add]),
    ),
    ...contents.flatMap((content) => set(content, [...get(content), ...number(BLOCK), ...ADD])),
    ...set(blocks, [...get(blocks), ...number(-1), ...ADD]),
    ...[...get(blocks), 0x0d, 0x00, 0x0b], // br_if, end
    ...each((i) => [...get(state), ...get(before[i] ?? 0), ...store(width * i)]),
    0x0b,
  ];
}

const body = (locals: readonly Code[], code: Code): Code => sized([...vector(locals), ...code]);

/** (state, content, blocks) */
function hashOne(): Code {
  const shape: Shape = {
    words: single(1),
    begin: [],
    load: (offset) => [0x28, ...at(offset)],
    store: (offset) => [0x36, ...at(offset)],
    width: 4,
  };
  return body([[8, I32]], hashing(shape, 0, [1], 2, 3));
}

/** (state, sines, first content, second, third, fourth, blocks) */
function hashFour(): Code {
  const contents = [2, 3, 4, 5];
  const [numbers, words, spare] = [7, 15, 31];
  const shape: Shape = {
    words: fourfold(1, words, spare),
    begin: range(0, 4).flatMap((four) => transposed(contents, 16 * four, words + 4 * four, spare)),
    load: (offset) => [...simd(0), ...at(offset)],
    store: (offset) => [...simd(11), ...at(offset)],
    width: 16,
  };
  return body([[32, V128]], hashing(shape, 0, contents, 6, numbers));
}

const functionType = (parameters: number): Code => [
  ...[0x60, ...vector(Array.from({ length: parameters }, () => [I32]))],
  0,
];

/** The module: it imports `memory.memory`, which is shared, and exports `hashOne` and `hashFour`; see openMd5Lanes. */
export function md5Module(): Uint8Array<ArrayBuffer> {
  const sharedOfAnySize = [0x03, ...unsigned(1), ...unsigned(65_536)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [functionType(3), functionType(7)]),
    ...section(2, [[...name('memory'), ...name('memory'), 0x02, ...sharedOfAnySize]]),
    ...section(3, [[0], [1]]),
    ...section(7, [
      [...name('hashOne'), 0x00, 0],
      [...name('hashFour'), 0x00, 1],
    ]),
    ...section(10, [hashOne(), hashFour()]),
  ]);
}
