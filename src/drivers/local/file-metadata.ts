import type { BigIntStats } from 'node:fs';

// Metadata keys that are also attributes of a file, as rclone writes them (https://rclone.org/local/#metadata).

/** Seconds since the epoch for utimes, from text such as "1700000000.123456789"; undefined when it is not that. */
export function mtimeSeconds(metaData: Readonly<Record<string, string>>): number | undefined {
  const text = metaData['mtime'];
  return text !== undefined && /^-?\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

/**
 * Permission bits for chmod, from octal text such as "100644"; undefined when it is not that. Set-user-id and its like
 * are left out: the file would have them under our own user. Our user's right to read is kept, or the object could not
 * be read again.
 */
export function permissions(metaData: Readonly<Record<string, string>>): number | undefined {
  const text = metaData['mode'];
  return text !== undefined && /^[0-7]{1,6}$/.test(text) ? (Number.parseInt(text, 8) & 0o777) | 0o400 : undefined;
}

/** For a file of which no more is known than what the file system says. */
export function metaDataOf(stat: BigIntStats): Readonly<Record<string, string>> {
  return { mtime: secondsText(stat.mtimeNs), mode: stat.mode.toString(8) };
}

function secondsText(ns: bigint): string {
  const sign = ns < 0n ? '-' : '';
  const absolute = ns < 0n ? -ns : ns;
  const fraction = (absolute % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${sign}${absolute / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}
