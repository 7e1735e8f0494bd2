import type { FileHandle } from 'node:fs/promises';
import { runsOf } from '../sync/ranges/sparse-runs.js';

/** Writes a file from its beginning, and leaves holes where whole blocks are zeros. */
export interface SparseWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** Gives the file its size, which a hole at its end does not. */
  finish(): Promise<void>;
}

export function openSparseWriter(file: Pick<FileHandle, 'write' | 'truncate'>): SparseWriter {
  let position = 0;
  let endsInHole = false;

  async function writeAll(bytes: Uint8Array, at: number): Promise<void> {
    for (let offset = 0; offset < bytes.byteLength; )
      offset += (await file.write(bytes, offset, bytes.byteLength - offset, at + offset))
        .bytesWritten;
  }

  return {
    async write(chunk) {
      for (const { start, end, isHole } of runsOf(chunk, position)) {
        if (!isHole) await writeAll(chunk.subarray(start, end), position + start);
        endsInHole = isHole;
      }
      position += chunk.byteLength;
    },
    async finish() {
      if (endsInHole) await file.truncate(position);
    },
  };
}

/** Writes all chunks to an empty file. */
export async function writeSparsely(
  file: FileHandle,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const writer = openSparseWriter(file);
  for await (const chunk of content) await writer.write(chunk);
  await writer.finish();
}
