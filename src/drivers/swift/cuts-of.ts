import type { Call, ObjectRef } from '../call.js';
import type { Multipart } from '../capabilities.js';
import type { SwiftContext } from './context.js';
import { dynamicPrefix, listDynamic, type NamedSegment, readManifest } from './manifest.js';
import type { Segments } from './segments.js';

/** A listing gives at most this many at once, and the ETag of a dynamic large object is made of one (swift/common/middleware/dlo.py). */
const MOST_SEGMENTS = 10_000;

/** By the manifest of a static large object; by the listing of the segments of a dynamic one. */
export function cutsOf(
  { client, notice }: SwiftContext,
  segments: Pick<Segments, 'isOurs'>,
): Multipart['cutsOf'] {
  const said = new Set<string>();

  /** Once for a container. */
  function warnOfForeign({ container, key }: ObjectRef, named: readonly NamedSegment[]): void {
    const foreign = named.find(
      (segment) => segment.container !== '' && !segments.isOurs(container, segment),
    );
    if (foreign === undefined || said.has(container)) return;
    said.add(container);
    notice(
      'the container has large objects of another tool; their segments stay when longshore replaces or deletes them',
      {
        container,
        object: key,
        segments: `${foreign.container}/${foreign.key}`,
      },
    );
  }

  async function segmentsOfDynamic(
    { container, key }: ObjectRef,
    call: Call,
  ): Promise<readonly NamedSegment[] | undefined> {
    const about = {
      method: 'HEAD',
      operation: 'headObject',
      action: 'look up',
      container,
      key,
    } as const;
    const manifest = (await client.request(about, call)).headers['x-object-manifest'];
    return manifest === undefined
      ? undefined
      : listDynamic(client, dynamicPrefix(manifest), MOST_SEGMENTS, call);
  }

  return async ({ container, key, extra }, call) => {
    const kind = extra['largeObject'];
    if (kind === undefined) return undefined;
    const ref = { container, key };
    const found =
      kind === 'static'
        ? await readManifest(client, ref, {}, call)
        : await segmentsOfDynamic(ref, call);
    if (found === undefined || found === 'hidden') return undefined;
    warnOfForeign(ref, found);
    const sizes = found.flatMap(({ bytes, isPlain }) =>
      isPlain && bytes !== undefined ? [bytes] : [],
    );
    return sizes.length === found.length ? sizes : undefined;
  };
}
