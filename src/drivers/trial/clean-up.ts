import type { Backend } from '../backend.js';
import type { Call, ObjectRef } from '../call.js';
import type { UploadToken } from '../capabilities.js';
import { collect, itemsOfPages } from '../pages.js';
import { messageOf } from './trial.js';

export interface Traces {
  /** Whatever may have been stored, listed or not. */
  readonly objects: ReadonlyMap<string, ObjectRef>;
  readonly uploads: ReadonlySet<UploadToken>;
}

/**
 * Removes everything below the prefix: unfinished uploads, objects, and earlier versions where the container keeps
 * them. Goes on after failures. Resolves with what could not be removed, and why; none: nothing is left. Never rejects.
 */
export async function cleanUp(
  backend: Backend,
  container: string,
  prefix: string,
  traces: Traces,
  call: Call,
): Promise<readonly string[]> {
  const { multipart, versions } = backend.capabilities;
  const problems: string[] = [];
  const attempt = async (what: string, run: () => Promise<unknown>): Promise<void> => {
    await run().catch((error: unknown) => problems.push(`${what}: ${messageOf(error)}`));
  };

  for (const token of traces.uploads)
    await attempt(`unfinished upload of ${token.key}`, async () => multipart?.abort(token, call));
  const listed = new Map<string, ObjectRef>();
  await attempt(`objects below ${prefix}`, async () => {
    const listing = itemsOfPages(
      backend.name,
      (page) => backend.listObjects(container, prefix, page, call),
      call,
    );
    for await (const { key } of listing) listed.set(key, { container, key });
  });
  for (const [key, ref] of listed) await attempt(key, () => backend.deleteObject(ref, call));
  // A listing that is late may lack some. Names that were refused are among these, so failures say nothing.
  for (const [key, ref] of traces.objects)
    if (!listed.has(key)) await backend.deleteObject(ref, call).catch(() => undefined);
  if (versions !== undefined) {
    await attempt(`earlier versions below ${prefix}`, async () => {
      const kept = await collect(
        itemsOfPages(
          backend.name,
          (page) => versions.listVersions(container, prefix, page, call),
          call,
        ),
      );
      for (const { key, versionId } of kept) {
        await attempt(`version ${versionId} of ${key}`, () =>
          versions.deleteVersion({ container, key }, versionId, call),
        );
      }
    });
  }
  await attempt(`objects below ${prefix}`, async () => {
    const { items } = await backend.listObjects(container, prefix, {}, call);
    for (const { key } of items) problems.push(`${key}: is still listed`);
  });
  return problems;
}
