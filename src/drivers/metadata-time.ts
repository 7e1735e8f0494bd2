import { isoTime, parseTime } from '../clock.js';

/*
 * The time of a file in an object's metadata. Within the program it is what rclone writes to S3 and Swift: decimal seconds since
 * the epoch (`mtime`: `1700000000.123456789`). A driver whose provider has another form by the convention of its tools converts
 * it where metadata goes out and comes in, so that nothing else knows of it. Each function returns undefined for a text that has
 * not the form that it reads: such a value is no time, and stays unchanged.
 */

const SECONDS = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?$/;
const RFC3339 =
  /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;
/** 0000-01-01 and 9999-12-31: RFC 3339 has years of four digits. */
const YEARS = { first: -62_167_219_200, last: 253_402_300_799 } as const;
const WHOLE_MS = /^-?\d{1,15}$/;

/** Decimal seconds as RFC 3339 in UTC, with as many decimals: `2023-11-14T22:13:20.123456789Z`. */
export function rfc3339FromSeconds(text: string): string | undefined {
  const parts = wholeAndRest(text);
  if (parts === undefined || parts.whole < YEARS.first || parts.whole > YEARS.last)
    return undefined;
  const seconds = isoTime(parts.whole * 1000).slice(0, 19);
  return `${seconds}${parts.rest === undefined ? '' : `.${parts.rest}`}Z`;
}

/** RFC 3339, in any time zone, as decimal seconds with as many decimals. */
export function secondsFromRfc3339(text: string): string | undefined {
  const [, date, time, fraction, zone] = RFC3339.exec(text) ?? [];
  const ms = date === undefined ? undefined : parseTime(`${date}T${time}${zone?.toUpperCase()}`);
  return ms === undefined ? undefined : secondsText(ms / 1000, fraction);
}

/** Decimal seconds as whole milliseconds since the epoch; what is less than one is cut off, towards the past. */
export function millisecondsFromSeconds(text: string): string | undefined {
  const parts = wholeAndRest(text);
  if (parts === undefined) return undefined;
  const rest = Number((parts.rest ?? '').padEnd(3, '0').slice(0, 3));
  return String(parts.whole * 1000 + rest);
}

/** Whole milliseconds since the epoch as decimal seconds with three decimals. */
export function secondsFromMilliseconds(text: string): string | undefined {
  if (!WHOLE_MS.test(text)) return undefined;
  const ms = Number(text);
  const whole = Math.floor(ms / 1000);
  return secondsText(whole, String(ms - whole * 1000).padStart(3, '0'));
}

/** Whole seconds, which may be negative, and the decimals that are added to them: -0.25 is -1 and `75`. */
function wholeAndRest(
  text: string,
): { readonly whole: number; readonly rest: string | undefined } | undefined {
  const [, sign, digits, fraction] = SECONDS.exec(text) ?? [];
  if (digits === undefined) return undefined;
  if (sign !== '-') return { whole: Number(digits), rest: fraction };
  if (fraction === undefined || /^0+$/.test(fraction))
    return { whole: -Number(digits), rest: fraction };
  return { whole: -Number(digits) - 1, rest: complement(fraction) };
}

/** The reverse of wholeAndRest. */
function secondsText(whole: number, rest: string | undefined): string {
  const decimals = rest === undefined ? '' : '.';
  if (whole >= 0) return `${whole}${decimals}${rest ?? ''}`;
  if (rest === undefined || /^0+$/.test(rest)) return `${whole}${decimals}${rest ?? ''}`;
  return `-${-(whole + 1)}.${complement(rest)}`;
}

/** What is missing to the next whole one, in the same number of decimals. Not of zero. */
function complement(fraction: string): string {
  return String(10 ** fraction.length - Number(fraction)).padStart(fraction.length, '0');
}
