import { type PackedUnit, type Packing, packSmall } from '../sync/pack-small.js';
import type { RestoreSource } from './restore-context.js';
import type { Segments } from './write-batch.js';

/** A source, and the path below the root that it leads to. */
export interface PathedSource {
  readonly source: RestoreSource;
  readonly segments: Segments;
}

/** What is restored in one go. */
export type RestoreUnit = PackedUnit<RestoreSource, PathedSource>;

/** Packs small files: see packSmall. `small` returns where one belongs; undefined: it is restored by itself. */
export function packSmallFiles(
  sources: AsyncIterable<RestoreSource>,
  small: (source: RestoreSource) => Segments | undefined,
): AsyncGenerator<RestoreUnit, void> {
  const packing: Packing<RestoreSource, PathedSource> = {
    small(source) {
      const segments = small(source);
      return segments && { source, segments };
    },
    sizeOf: ({ source }) => source.info.size,
    itemOf: ({ source }) => source,
  };
  return packSmall(sources, packing);
}
