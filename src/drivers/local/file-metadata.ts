import type { BigIntStats } from 'node:fs';

// Metadata keys that are also attributes of a file, as rclone writes them (https://rclone.org/local/#metadata). Owner
// and group stay metadata: to give files away takes more rights than this program should have.

/** What the metadata say about the file itself; undefined where they do not, or not in rclone's form. */
export interface FileAttributes {
  /** Seconds since the epoch, such as "1700000000.123456789". Text, as Node takes a negative number for the time of day. */
  readonly mtime: string | undefined;
  /**
   * Permission bits, from octal text such as "100644". Set-user-id and the like are skipped: the file would have them
   * under our own user. Our user's right to read is kept, or the object could not be read again.
   */
  readonly permissions: number | undefined;
}

export function attributesOf({ mtime, mode }: Readonly<Record<string, string>>): FileAttributes {
  return {
    mtime: mtime !== undefined && /^-?\d{1,18}(\.\d{1,9})?$/.test(mtime) ? mtime : undefined,
    permissions:
      mode !== undefined && /^[0-7]{1,6}$/.test(mode)
        ? (Number.parseInt(mode, 8) & 0o777) | 0o400
        : undefined,
  };
}

/** The metadata of a file without a record: what the file system says. */
export function metaDataOf(stat: BigIntStats): Readonly<Record<string, string>> {
  return { mtime: secondsText(stat.mtimeNs), mode: stat.mode.toString(8) };
}

function secondsText(ns: bigint): string {
  const sign = ns < 0n ? '-' : '';
  const absolute = ns < 0n ? -ns : ns;
  const fraction = (absolute % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${sign}${absolute / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}
