/** What a scan of the whole source has found. */
export interface SourceSize {
  /** Of files that are mirrored. */
  readonly bytes: number;
  /** Entries that rules exclude; a folder with all that is in it is one. */
  readonly excluded: number;
}

/** What the last scan of the whole source has found since the start of the process. */
export interface SeenSource {
  saw(size: SourceSize): void;
  /** Undefined: no such scan has finished. */
  readonly last: SourceSize | undefined;
}

export function createSeenSource(): SeenSource {
  let last: SourceSize | undefined;
  return {
    saw({ bytes, excluded }) {
      last = { bytes, excluded };
    },
    get last() {
      return last;
    },
  };
}
