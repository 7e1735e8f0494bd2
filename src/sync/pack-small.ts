/** What is worked on in one go: an item by itself, or many small ones together. */
export type PackedUnit<Item, Small> =
  | { readonly kind: 'one'; readonly item: Item }
  | { readonly kind: 'many'; readonly items: readonly Small[] };

/** Which items are packed. */
export interface Packing<Item, Small> {
  /** What is kept of an item that may be packed; undefined: it is a unit by itself. */
  small(item: Item): Small | undefined;
  /** Bytes of its content. */
  sizeOf(small: Small): number;
  itemOf(small: Small): Item;
}

/** Bytes of a content that is held in memory with those of others. */
export const SMALL_BYTES = 256 * 1024;
/** Items, and bytes of their contents, of one unit. */
const MOST_ITEMS = 512;
const MOST_BYTES = 4 * 1024 * 1024;
/** Fewer are not worth a thread. */
const LEAST_ITEMS = 16;

/** Packs small items that come one after the other. Memory holds one unit. */
export async function* packSmall<Item, Small>(
  items: AsyncIterable<Item>,
  { small, sizeOf, itemOf }: Packing<Item, Small>,
): AsyncGenerator<PackedUnit<Item, Small>, void> {
  let packed: Small[] = [];
  let bytes = 0;
  function* unitsOf(some: readonly Small[]): Generator<PackedUnit<Item, Small>, void> {
    if (some.length >= LEAST_ITEMS) yield { kind: 'many', items: some };
    else for (const each of some) yield { kind: 'one', item: itemOf(each) };
  }
  for await (const item of items) {
    const kept = small(item);
    if (kept === undefined) {
      yield { kind: 'one', item };
      continue;
    }
    const size = sizeOf(kept);
    if (packed.length === MOST_ITEMS || bytes + size > MOST_BYTES) {
      yield* unitsOf(packed);
      packed = [];
      bytes = 0;
    }
    packed.push(kept);
    bytes += size;
  }
  yield* unitsOf(packed);
}
