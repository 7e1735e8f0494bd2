import type { Call, ObjectRef } from '../call.js';
import type { B2Context } from './context.js';
import type { B2File } from './object-info.js';
import { type VersionsPlace, versionsPage } from './versions-page.js';

/** Puts a hide marker on top of the versions, which stay. Rejects with ObjectDoesNotExistError when no file is to be seen. */
export async function hide(
  { client, buckets }: B2Context,
  { container, key }: ObjectRef,
  call: Call,
): Promise<void> {
  const about = { operation: 'b2_hide_file', action: 'delete', container, key } as const;
  await buckets.withId(container, call, (bucketId) =>
    client.request({ method: 'POST', ...about, parameters: { bucketId, fileName: key } }, call),
  );
}

/** A version that is gone already rejects with ObjectDoesNotExistError. */
export async function deleteFileVersion(
  { client }: Pick<B2Context, 'client'>,
  { container, key }: ObjectRef,
  fileId: string,
  call: Call,
): Promise<void> {
  const about = { operation: 'b2_delete_file_version', action: 'delete', container, key } as const;
  await client.request({ method: 'POST', ...about, parameters: { fileName: key, fileId } }, call);
}

/** The oldest first: while it is under way, and if it is interrupted, no older version can be seen. */
export async function deleteAllVersions(
  context: B2Context,
  ref: ObjectRef,
  call: Call,
): Promise<void> {
  const found: B2File[] = [];
  for (let at: VersionsPlace | undefined = { name: ref.key, id: undefined }; at !== undefined; ) {
    const page = await versionsPage(context, ref.container, ref.key, at, undefined, call);
    const its = page.files.filter(({ name }) => name === ref.key);
    found.push(...its);
    at = its.length === page.files.length ? page.next : undefined;
  }
  // An upload in parts that is under way is no version yet.
  for (const { id, action } of found.reverse())
    if (action !== 'start') await deleteFileVersion(context, ref, id, call);
}
