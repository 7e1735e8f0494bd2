/** What another process wrote is not what it should be: an order or an answer. Nothing of it is used. */
export class DamagedColumnsError extends Error {
  override readonly name = 'DamagedColumnsError';
}

/** In the byte order of this machine: what comes from one with another order reads as damaged. */
const MAGIC = 0x4c53_0001;
/** Base64, of the largest order that a caller may make. */
const MOST_CHARACTERS = 2 * 1024 * 1024;
const LENGTH_BYTES = 4;

/** Columns of bytes one after the other, each behind its length, as one string of base64: job data is JSON. */
export interface ColumnWriter {
  add(column: ArrayBufferView): void;
  /** Texts without NUL, joined by NUL. */
  addTexts(texts: readonly string[]): void;
  pack(): string;
}

/** `what`: the number of what is packed, which the reader asks for. */
export function writeColumns(what: number, rows: number): ColumnWriter {
  const pieces: Uint8Array[] = [];
  const add = (column: ArrayBufferView) =>
    void pieces.push(
      new Uint8Array(Uint32Array.of(column.byteLength).buffer),
      new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
    );
  add(Uint32Array.of(MAGIC, what, rows));
  return {
    add,
    addTexts: (texts) => add(Buffer.from(texts.join('\0'), 'utf8')),
    pack: () => Buffer.concat(pieces).toString('base64'),
  };
}

/** Reads columns in the order in which they were written. Each call throws DamagedColumnsError when the next one is another. */
export interface ColumnReader {
  readonly rows: number;
  /** A column with so many bytes, in memory of its own: typed arrays must begin at a multiple of their width. */
  bytes(length: number): ArrayBuffer;
  /** One text for each row. */
  texts(mostBytes: number): readonly string[];
  /** There is nothing behind the last column. */
  end(): void;
}

/** @throws DamagedColumnsError unless it is `what`, with 1 to `mostRows` rows. */
export function readColumns(packed: string, what: number, mostRows: number): ColumnReader {
  const all = bytesOf(packed);
  let at = 0;

  function next(): Uint8Array {
    const begin = at + LENGTH_BYTES;
    if (begin > all.length) throw new DamagedColumnsError('a column is missing');
    const end = begin + (new Uint32Array(all.slice(at, begin).buffer)[0] ?? 0);
    if (end > all.length) throw new DamagedColumnsError('a column is cut short');
    at = end;
    return all.slice(begin, end);
  }

  function bytes(length: number): ArrayBuffer {
    const column = next();
    if (column.length !== length)
      throw new DamagedColumnsError(`a column has ${column.length} bytes, and not ${length}`);
    return column.buffer as ArrayBuffer;
  }

  const [magic, found, rows = 0] = new Uint32Array(bytes(3 * LENGTH_BYTES));
  if (magic !== MAGIC) throw new DamagedColumnsError('it does not begin as columns do');
  if (found !== what) throw new DamagedColumnsError(`it is of kind ${found}, and not ${what}`);
  if (rows === 0 || rows > mostRows) throw new DamagedColumnsError(`it has ${rows} rows`);
  return {
    rows,
    bytes,
    texts(mostBytes) {
      const column = next();
      if (column.length > mostBytes)
        throw new DamagedColumnsError(`texts of ${column.length} bytes`);
      const texts = textOf(column).split('\0');
      if (texts.length !== rows)
        throw new DamagedColumnsError(`${texts.length} texts for ${rows} rows`);
      return texts;
    },
    end() {
      if (at !== all.length) throw new DamagedColumnsError('there is more than was expected');
    },
  };
}

function bytesOf(packed: string): Uint8Array {
  if (packed.length > MOST_CHARACTERS)
    throw new DamagedColumnsError(`it has ${packed.length} characters`);
  const bytes = Buffer.from(packed, 'base64');
  // Node skips what is no base64.
  if (bytes.toString('base64') !== packed) throw new DamagedColumnsError('it is no base64');
  return new Uint8Array(bytes);
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch (cause) {
    throw new DamagedColumnsError('a text is no UTF-8', { cause });
  }
}
