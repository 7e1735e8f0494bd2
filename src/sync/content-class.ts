/** What content looks like by its first bytes: `random` as encrypted, `blank` as wiped, else ordinary. */
export type ContentClass = 'ordinary' | 'random' | 'blank';

/** Of a file's beginning so many bytes are looked at; few enough to cost nothing beside its digest. */
export const CLASSIFIED_BYTES = 16 * 1024;
/** Content that is not random by its first bytes, as most is not, is not looked at further. */
const FIRST_BYTES = 1024;

/** A file of a few equal bytes may be meant so. */
const SHORTEST_BLANK = 16;
/** With fewer bytes even noise has patterns. */
const FEWEST = 128;
/**
 * Pearson's chi-squared of the counts of the 256 byte values: random bytes give 255, and 400 not once in a thousand
 * million; compressed data of this length mostly more, text a hundred times that.
 */
const RANDOM_BELOW = 400;

/**
 * How files begin whose compressed content looks random although anybody can read it. Formats of encrypted files are not
 * among them: to them nothing that turned into one is readable any more.
 */
const READABLE: readonly Buffer[] = [
  ...[
    '1f8b',
    '504b0304',
    '28b52ffd',
    'fd377a585a',
    '425a68',
    '377abcaf',
    '526172211a',
    '04224d18',
    '1f9d',
    '4d534346',
  ],
  ...[
    'ffd8ff',
    '89504e47',
    '47494638',
    '52494646',
    '49492a00',
    '4d4d002a',
    'ff0a',
    '0000000c4a584c',
    '1a45dfa3',
  ],
  ...[
    '4f676753',
    '664c6143',
    '494433',
    'fffb',
    'fff3',
    'fff2',
    'fff1',
    'fff9',
    '000001ba',
    '000001b3',
    '25504446',
    '774f4632',
    '774f4646',
  ],
].map((hex) => Buffer.from(hex, 'hex'));
/** MP4 and its kin: behind the length of the first box. */
const FILE_TYPE_BOX = { at: 4, bytes: Buffer.from('ftyp') };

/** Pure. Looks at no more than the first LOOK_BYTES. */
export function contentClassOf(content: Uint8Array): ContentClass {
  const sample = content.subarray(0, CLASSIFIED_BYTES);
  if (isBlank(sample))
    return sample.length === 0 || sample.length >= SHORTEST_BLANK ? 'blank' : 'ordinary';
  return sample.length >= FEWEST && isRandom(sample) && !isReadable(sample) ? 'random' : 'ordinary';
}

function isBlank(sample: Uint8Array): boolean {
  const [first] = sample;
  return sample.every((byte) => byte === first);
}

/** How often each byte occurs in one sample. Memory for each would take longer than most samples do. */
const counts = new Uint32Array(256);

function isRandom(sample: Uint8Array): boolean {
  counts.fill(0);
  count(sample, 0, FIRST_BYTES);
  if (sample.length > FIRST_BYTES) {
    if (chiSquared(FIRST_BYTES) >= RANDOM_BELOW) return false;
    count(sample, FIRST_BYTES, sample.length);
  }
  return chiSquared(sample.length) < RANDOM_BELOW;
}

/** By index, since this runs over the beginning of each file: iterators cost five times as much. */
function count(sample: Uint8Array, from: number, to: number): void {
  const end = Math.min(to, sample.length);
  for (let at = from; at < end; at += 1) {
    const byte = sample[at] as number;
    counts[byte] = (counts[byte] as number) + 1;
  }
}

function chiSquared(total: number): number {
  const expected = total / counts.length;
  let sum = 0;
  for (let value = 0; value < counts.length; value += 1) {
    const excess = (counts[value] as number) - expected;
    sum += excess * excess;
  }
  return sum / expected;
}

function isReadable(sample: Uint8Array): boolean {
  return (
    READABLE.some((beginning) => beginsWith(sample, 0, beginning)) ||
    beginsWith(sample, FILE_TYPE_BOX.at, FILE_TYPE_BOX.bytes)
  );
}

/** Byte by byte: nearly all differ in the first one. */
function beginsWith(sample: Uint8Array, at: number, expected: Buffer): boolean {
  for (let offset = 0; offset < expected.length; offset += 1)
    if (sample[at + offset] !== expected[offset]) return false;
  return true;
}
