const SI = ['kB', 'MB', 'GB', 'TB', 'PB'];
const IEC = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes in one of each unit. IEC units (KiB) count by 1,024, SI units (kB, also written KB) by 1,000. */
const BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['B', 1],
  ['KB', 1000],
  ...SI.map((unit, power): [string, number] => [unit, 1000 ** (power + 1)]),
  ...IEC.map((unit, power): [string, number] => [unit, 1024 ** (power + 1)]),
]);

const SECOND = 1000;
const MILLISECONDS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', SECOND],
  ['m', 60 * SECOND],
  ['min', 60 * SECOND],
  ['h', 3600 * SECOND],
  ['d', 86_400 * SECOND],
  ['w', 7 * 86_400 * SECOND],
]);

/**
 * Bytes that a text such as `5MiB`, `2 GB`, `1.5GiB` or `4096` stands for, rounded to whole bytes; undefined when it is
 * no size, or more than a number holds exactly. Units are spelt as IEC 80000-13 and SI spell them, because `mb` could
 * be megabits as well.
 */
export function parseSize(written: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(written.trim());
  const unit = BYTES.get(match?.[2] ?? '');
  if (match === null || unit === undefined) return undefined;
  const bytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Sizes that a wrongly spelt unit may have meant: `5mb` gives `5MB` and `5MiB`. Empty when there is no guess. */
export function sizesMeant(written: string): readonly string[] {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp])(?:i?b?|bytes?)$/i.exec(written.trim());
  const letter = match?.[2]?.toUpperCase();
  if (match === null || letter === undefined) return [];
  return [`${match[1]}${letter === 'K' ? 'k' : letter}B`, `${match[1]}${letter}iB`];
}

/** Milliseconds that a text such as `500ms`, `6h`, `7d`, `1h30m` or `0` stands for; undefined when it is no duration. */
export function parseDuration(written: string): number | undefined {
  const trimmed = written.trim();
  if (trimmed === '0') return 0;
  if (!/^(\d+(\.\d+)? ?[a-z]+ ?)+$/.test(`${trimmed} `)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?) ?([a-z]+)/g)) {
    const milliseconds = MILLISECONDS.get(unit ?? '');
    if (milliseconds === undefined) return undefined;
    total += Number(amount) * milliseconds;
  }
  const rounded = Math.round(total);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

/** The shortest text that `parseSize` reads back as the same number of bytes. */
export function formatSize(bytes: number): string {
  return shortest(
    bytes,
    [...BYTES].filter(([unit]) => IEC.includes(unit) || SI.includes(unit)).reverse(),
    'B',
  );
}

/** The shortest text that `parseDuration` reads back as the same number of milliseconds. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0';
  return shortest(
    milliseconds,
    [...MILLISECONDS].filter(([unit]) => unit !== 'min' && unit !== 'w').reverse(),
    'ms',
  );
}

function shortest(
  amount: number,
  units: readonly (readonly [string, number])[],
  smallest: string,
): string {
  const whole = units.filter(([, factor]) => amount >= factor && amount % factor === 0);
  const texts = whole.map(([unit, factor]) => `${amount / factor}${unit}`);
  return [...texts, `${amount}${smallest}`].reduce((best, text) =>
    text.length < best.length ? text : best,
  );
}
