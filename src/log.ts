export type Fields = Readonly<Record<string, unknown>>;

/** One line an event. `event` is a short fixed phrase; what varies goes into `fields`. */
export interface Logger {
  error(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  debug(event: string, fields?: Fields): void;
  /** Ask before building costly fields for a line that would not be written. */
  readonly debugEnabled: boolean;
}
