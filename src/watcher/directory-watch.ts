import { isUtf8 } from 'node:buffer';

/** The watch of one directory, without the folders below it. */
export type WatchDirectory = (
  absolutePath: string,
  events: DirectoryEvents,
) => DirectoryWatch | Promise<DirectoryWatch>;

export interface DirectoryWatch {
  close(): void | Promise<void>;
}

export interface DirectoryEvents {
  /**
   * `rename`: an entry came or went, or the directory itself did (its own name is then given). `change`: content or
   * attributes. `name` is undefined when the system did not say it, or when it is not valid UTF-8.
   */
  changed(kind: 'rename' | 'change', name: string | undefined): void;
  /** The watch has ended by itself. */
  failed(error: Error): void;
}

/** The name in an event of `fs.watch`; undefined when it is unknown. */
export function entryName(filename: Buffer | string | null): string | undefined {
  if (filename === null) return undefined;
  if (typeof filename !== 'string') return isUtf8(filename) ? filename.toString() : undefined;
  return filename.includes('\ufffd') ? undefined : filename; // Node's replacement for bytes that are not UTF-8
}
