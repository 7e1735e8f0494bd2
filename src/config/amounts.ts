import { measured } from './fields.js';
import { formatDuration, formatSize, parseDuration, parseSize, sizesMeant } from './units.js';
import { type Bounds, range } from './wording.js';

/** Bytes, written `5MiB`, `2GB` or as a plain number. */
export function size(description: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {}) {
  const what = `a size such as "5MiB"${range({ min, max }, formatSize)}`;
  return measured(
    description,
    what,
    {
      parse: (input) =>
        typeof input === 'string' ? parseSize(input) : Number.isInteger(input) ? input : undefined,
      show: formatSize,
      hint: (input) => {
        const meant = sizesMeant(input);
        return meant.length > 0 ? ` (${meant.join(' or ')}?)` : '';
      },
    },
    { min, max },
  );
}

/** Milliseconds, written `500ms`, `30s`, `6h`, `7d`, `1h30m` or `0`. A bare number has no unit and is refused. */
export function duration(
  description: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {},
) {
  const what = `a duration such as "500ms", "30s", "6h" or "7d"${range({ min, max }, formatDuration)}`;
  return measured(
    description,
    what,
    { parse: (input) => parseDuration(String(input)), show: formatDuration },
    { min, max },
  );
}

/** Milliseconds between two times at which something is done, written as a duration; `auto` is read as 0, `off` as Infinity. */
export function interval(description: string, { min }: { readonly min: number }) {
  const words: Readonly<Record<string, number>> = { auto: 0, off: Number.POSITIVE_INFINITY };
  const parse = (input: string | number) => {
    const amount = words[input] ?? parseDuration(String(input));
    return amount === undefined || (amount < min && input !== 'auto') ? undefined : amount;
  };
  const bounds = { min: 0, max: Number.POSITIVE_INFINITY };
  return measured(
    description,
    `"auto", "off" or a duration such as "6h" or "7d"${range({ ...bounds, min }, formatDuration)}`,
    { parse, show: (amount) => (amount === 0 ? 'auto' : formatDuration(amount)) },
    bounds,
  );
}

/** Bytes a second, written `2MiB/s`; `off` is read as Infinity. */
export function rate(description: string, { min }: { readonly min: number }) {
  const parse = (input: string | number) => {
    if (input === 'off') return Number.POSITIVE_INFINITY;
    const match = /^(.+?) ?\/ ?s$/.exec(String(input).trim());
    return match?.[1] === undefined ? undefined : parseSize(match[1]);
  };
  return measured(
    description,
    `a rate such as "2MiB/s"${range({ min, max: Number.POSITIVE_INFINITY }, perSecond)}, or "off"`,
    { parse, show: perSecond },
    {
      min,
      max: Number.POSITIVE_INFINITY,
    },
  );
}

const perSecond = (bytes: number) => `${formatSize(bytes)}/s`;

/** A share, written `20%`; read as a number from 0 to 1. */
export function percentage(description: string) {
  const parse = (input: string | number) => {
    const match = /^(\d+(?:\.\d+)?) ?%$/.exec(String(input).trim());
    return match === null ? undefined : Number(match[1]) / 100;
  };
  return measured(
    description,
    'a percentage from "0%" to "100%"',
    { parse, show: (share) => `${share * 100}%` },
    { min: 0, max: 1 },
  );
}
