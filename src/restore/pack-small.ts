import type { RestoreSource } from './restore-context.js';
import type { Segments } from './write-batch.js';

/** A source, and the path below the root that it leads to. */
export interface PathedSource {
  readonly source: RestoreSource;
  readonly segments: Segments;
}

/** What is restored in one go: an object by itself, or many small files together. */
export type RestoreUnit =
  | { readonly kind: 'one'; readonly source: RestoreSource }
  | { readonly kind: 'many'; readonly files: readonly PathedSource[] };

/** Bytes of a content that is held in memory with those of others. */
export const SMALL_BYTES = 256 * 1024;
/** Files, and bytes, of one unit. */
const MOST_FILES = 512;
const MOST_BYTES = 4 * 1024 * 1024;
/** Fewer are not worth a thread. */
const LEAST_FILES = 16;

/**
 * Packs small files that come one after the other. `small` returns where one belongs; undefined: it is restored by itself.
 * Memory holds one unit.
 */
export async function* packSmall(
  sources: AsyncIterable<RestoreSource>,
  small: (source: RestoreSource) => Segments | undefined,
): AsyncGenerator<RestoreUnit, void> {
  let files: PathedSource[] = [];
  let bytes = 0;
  for await (const source of sources) {
    const segments = small(source);
    if (segments === undefined) {
      yield { kind: 'one', source };
      continue;
    }
    const { size } = source.info;
    if (files.length === MOST_FILES || bytes + size > MOST_BYTES) {
      yield* unitsOf(files);
      files = [];
      bytes = 0;
    }
    files.push({ source, segments });
    bytes += size;
  }
  yield* unitsOf(files);
}

function* unitsOf(files: readonly PathedSource[]): Generator<RestoreUnit, void> {
  if (files.length >= LEAST_FILES) yield { kind: 'many', files };
  else for (const { source } of files) yield { kind: 'one', source };
}
