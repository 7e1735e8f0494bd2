// MD5 (RFC 1321) as a WebAssembly module: of one content, or of four or eight at once in the four lanes of one or two 128-bit vectors.
// Each step of an MD5 waits for the step before it, so eight take hardly more time than four, and four not much more than one.

import {
  ADD,
  BLOCK,
  fourfold,
  LANES,
  loaded,
  MOST_LANES,
  STEPS,
  simd,
  single,
  stored,
  VECTOR,
  WORDS,
  type Words,
  wordAt,
} from './md5-words.js';
import {
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

const range = (first: number, length: number): readonly number[] =>
  Array.from({ length }, (_, index) => first + index);

/** The four numbers of an MD5 under way, by the locals that they are in. */
type Locals = readonly [a: number, b: number, c: number, d: number];

/** One MD5, or those in the lanes of one vector. */
interface Hashed {
  readonly words: Words;
  readonly now: Locals;
  /** The same before the block. */
  readonly before: Locals;
  readonly spare: number;
}

function mixed({ and, or, xor, not }: Words, round: number, [, b, c, d]: Locals): Code {
  if (round === 0) return [...get(b), ...get(c), ...get(d), ...xor, ...and, ...get(d), ...xor];
  if (round === 1) return [...get(d), ...get(b), ...get(c), ...xor, ...and, ...get(c), ...xor];
  if (round === 2) return [...get(c), ...get(d), ...xor, ...get(b), ...xor];
  return [...get(d), ...not, ...get(b), ...or, ...get(c), ...xor];
}

/** The numbers change places after each step. */
function localsAt(step: number, { now }: Hashed): Locals {
  return range(0, 4).map((index) => now[(index - step) & 3]) as unknown as Locals;
}

/** All steps of one block. Each step of all comes before the next one, so that none waits alone for its numbers. */
function steps(all: readonly Hashed[]): Code {
  return range(0, STEPS).flatMap((step) => {
    const round = Math.floor(step / WORDS);
    const word = (WORD_OF[round]?.(step) ?? 0) % WORDS;
    const bits = ROTATIONS[round]?.[step % 4] ?? 0;
    const sums = all.flatMap((hashed) => {
      const { words, spare } = hashed;
      const locals = localsAt(step, hashed);
      // What does not wait for the step before comes first.
      const early = [...get(locals[0]), ...words.sine(step), ...words.add];
      const sum = [...early, ...words.word(word), ...words.add, ...mixed(words, round, locals)];
      return set(spare, [...sum, ...words.add]);
    });
    const results = all.flatMap((hashed) => {
      const { words, spare } = hashed;
      const [a, b] = localsAt(step, hashed);
      return set(a, [...words.rotated(spare, bits), ...get(b), ...words.add]);
    });
    return [...sums, ...results];
  });
}

const I32 = 0x7f;
const V128 = 0x7b;

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

/** Reads four words of each of four contents, and writes the first ones of all to the workspace, then the second ones. */
function transposed(
  contents: readonly number[],
  four: number,
  { workspace, vector, spare }: { workspace: number; vector: number; spare: number },
): Code {
  const [r0, r1, r2, r3, t0, t1, t2, t3] = range(spare, 8) as [...Locals, ...Locals];
  const write = (word: number, value: Code) =>
    stored(workspace, wordAt(vector, 4 * four + word), value);
  return [
    ...contents.flatMap((content, lane) => set(spare + lane, loaded(content, VECTOR * four))),
    ...set(t0, shuffled(r0, r1, LOW_WORDS)),
    ...set(t1, shuffled(r0, r1, HIGH_WORDS)),
    ...set(t2, shuffled(r2, r3, LOW_WORDS)),
    ...set(t3, shuffled(r2, r3, HIGH_WORDS)),
    ...write(0, shuffled(t0, t2, LOW_HALVES)),
    ...write(1, shuffled(t0, t2, HIGH_HALVES)),
    ...write(2, shuffled(t1, t3, LOW_HALVES)),
    ...write(3, shuffled(t1, t3, HIGH_HALVES)),
  ];
}

/** Runs over the blocks from the beginning of the contents. `begin`: before the steps of each block. */
function hashing(
  all: readonly Hashed[],
  begin: Code,
  contents: readonly number[],
  blocks: number,
): Code {
  const each = (code: (hashed: Hashed, index: 0 | 1 | 2 | 3) => Code) =>
    all.flatMap((hashed) => ([0, 1, 2, 3] as const).flatMap((index) => code(hashed, index)));
  return [
    ...each(({ words, before }, i) => set(before[i], words.load(i))),
    ...[0x03, 0x40], // loop
    ...begin,
    ...each(({ now, before }, i) => set(now[i], get(before[i]))),
    ...steps(all),
    ...each(({ words, now, before }, i) =>
      set(before[i], [...get(before[i]), ...get(now[i]), ...words.add]),
    ),
    ...contents.flatMap((content) => set(content, [...get(content), ...number(BLOCK), ...ADD])),
    ...set(blocks, [...get(blocks), ...number(-1), ...ADD]),
    ...[...get(blocks), 0x0d, 0x00, 0x0b], // br_if, end
    ...each(({ words, before }, i) => words.store(i, get(before[i]))),
    0x0b,
  ];
}

const body = (locals: readonly Code[], code: Code): Code => sized([...vector(locals), ...code]);

/** `first`: the first of nine locals. */
function hashedIn(first: number, words: Words): Hashed {
  const [now, before] = [range(first, 4), range(first + 4, 4)] as unknown as [Locals, Locals];
  return { words, now, before, spare: first + 8 };
}

/** (state, content, blocks) */
function hashOne(): Code {
  return body([[9, I32]], hashing([hashedIn(3, single(0, 1))], [], [1], 2));
}

/** (workspace, each content, blocks) */
function hashVectors(vectors: number): Code {
  const workspace = 0;
  const contents = range(1, LANES * vectors);
  const blocks = contents.length + 1;
  const spare = blocks + 1;
  const all = range(0, vectors).map((at) => hashedIn(spare + 8 + 9 * at, fourfold(workspace, at)));
  const begin = range(0, vectors).flatMap((vector) => {
    const own = contents.slice(LANES * vector, LANES * (vector + 1));
    return range(0, 4).flatMap((four) => transposed(own, four, { workspace, vector, spare }));
  });
  return body([[8 + 9 * vectors, V128]], hashing(all, begin, contents, blocks));
}

const functionType = (parameters: number): Code => [
  ...[0x60, ...vector(Array.from({ length: parameters }, () => [I32]))],
  0,
];

/**
 * The module: it imports `memory.memory`, which is shared, and exports `hashOne`, `hashFour` and `hashEight`; see openMd5Lanes.
 */
export function md5Module(): Uint8Array<ArrayBuffer> {
  const sharedOfAnySize = [0x03, ...unsigned(1), ...unsigned(65_536)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [functionType(3), functionType(LANES + 2), functionType(MOST_LANES + 2)]),
    ...section(2, [[...name('memory'), ...name('memory'), 0x02, ...sharedOfAnySize]]),
    ...section(3, [[0], [1], [2]]),
    ...section(7, [
      [...name('hashOne'), 0x00, 0],
      [...name('hashFour'), 0x00, 1],
      [...name('hashEight'), 0x00, 2],
    ]),
    ...section(10, [hashOne(), hashVectors(1), hashVectors(2)]),
  ]);
}
