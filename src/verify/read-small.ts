import type { ObjectInfo } from '../drivers/call.js';
import { OPEN_PASSAGE } from '../drivers/passage.js';
import type { QuickGet } from '../drivers/quick-get.js';
import { SMALL_BYTES } from '../sync/pack-small.js';
import { type ContentProof, knownProof, recordedProof } from '../sync/store/content-proof.js';
import type { ComparedName } from './compare-listing.js';
import type { VerifyContext } from './verify-context.js';

/** An object that is to be read back. */
export interface ListedName extends ComparedName {
  readonly info: ObjectInfo;
}

type ChecksumProof = Extract<ContentProof, { readonly checksum: unknown }>;

/** An object whose content is in memory. */
export interface LoadedObject {
  readonly object: ListedName;
  /** As it came with the content. */
  readonly info: ObjectInfo;
  readonly by: ContentProof['by'];
  /** Hex. */
  readonly md5: string;
}

/** Reads many small objects back together: one request for each, one message to a thread for the digests of all. */
export interface SmallReads {
  takes(object: ListedName): boolean;
  /**
   * Calls `proven` for each object whose content is what it should be. Resolves with the others, about which nothing is known:
   * they are to be read back each by itself. Rejects with the signal's reason.
   */
  read(
    objects: readonly ListedName[],
    proven: (loaded: LoadedObject) => void,
    signal: AbortSignal,
  ): Promise<readonly ListedName[]>;
}

/** Undefined where the driver has no such requests. */
export function openSmallReads(ctx: VerifyContext): SmallReads | undefined {
  const { quickGet } = ctx.backend.capabilities;
  if (quickGet === undefined) return undefined;
  return {
    takes: ({ info: { size } }) =>
      size <= SMALL_BYTES && (size > 0 || ctx.backend.capabilities.listingHas.largeSizes !== false),
    async read(objects, proven, signal) {
      const done = new Set<ListedName>();
      try {
        const { loaded, memory } = await loadEach(ctx, quickGet, objects, signal);
        const sizes = loaded.map(({ info }) => info.size);
        const md5s = await ctx.fast.digests.md5sOf(memory, sizes);
        for (const [at, each] of loaded.entries()) {
          if (md5s[at] !== each.md5) continue;
          done.add(each.object);
          ctx.onBytes(each.info.size);
          proven(each);
        }
      } catch {
        signal.throwIfAborted(); // any other trouble each object meets by itself
      }
      return objects.filter((object) => !done.has(object));
    },
  };
}

/** Loads what is as it was listed and has an MD5. `memory`: the contents, one after the other. */
async function loadEach(
  { container }: Pick<VerifyContext, 'container'>,
  quickGet: QuickGet,
  objects: readonly ListedName[],
  signal: AbortSignal,
): Promise<{ readonly loaded: readonly LoadedObject[]; readonly memory: ArrayBuffer }> {
  const wanted = objects.map(({ info: { key, size, extra } }) => ({
    key,
    size,
    ...(typeof extra['etag'] === 'string' && { etag: extra['etag'] }),
  }));
  const memory = new Uint8Array(wanted.reduce((sum, { size }) => sum + size, 0));
  const loaded: LoadedObject[] = [];
  let filled = 0;
  const answered = (at: number, info: ObjectInfo, content: Uint8Array) => {
    const object = objects[at];
    const proof = object && md5ProofOf(object, info);
    if (object === undefined || proof === undefined) return;
    memory.set(content, filled);
    filled += content.byteLength;
    loaded.push({ object, info, by: proof.by, md5: proof.checksum.hex });
  };
  await quickGet.getEach(container, wanted, answered, OPEN_PASSAGE, { signal });
  signal.throwIfAborted();
  return { loaded, memory: memory.buffer };
}

/** Undefined: no MD5 of the whole content is known without a further request. */
function md5ProofOf({ record }: ListedName, info: ObjectInfo): ChecksumProof | undefined {
  const recorded = record?.state === 'confirmed' ? recordedProof(record) : undefined;
  const proof = recorded ?? knownProof(info, undefined);
  return proof !== undefined && 'checksum' in proof && proof.checksum.algorithm === 'md5'
    ? proof
    : undefined;
}
