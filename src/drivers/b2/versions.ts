import type { Versions } from '../capabilities.js';
import { ObjectDoesNotExistError } from '../errors.js';
import type { ReadVersion } from '../http/read-object.js';
import type { B2Context } from './context.js';
import { deleteFileVersion } from './delete-file.js';
import { B2 } from './errors.js';
import { readObject } from './json.js';
import { checkContainer, refuseImpossible } from './names.js';
import { infoOf, readFile, versionOf } from './object-info.js';
import { type VersionsPlace, versionsPage } from './versions-page.js';

/** A place in a listing, and the name that came before it; its text is what pages hand out. */
interface VersionMarker extends VersionsPlace {
  readonly last: string | undefined;
}

/** Every bucket keeps all versions, until its lifecycle rules remove them. */
export function b2Versions(context: B2Context, read: ReadVersion): Versions {
  const { client, buckets } = context;
  return {
    softDeleteSeconds: async () => 0, // B2 has versions alone

    async keepsVersions(container, call) {
      checkContainer(container);
      await buckets.find(container, call);
      return true;
    },

    async listVersions(container, prefix, { after, size }, call) {
      checkContainer(container);
      const from = after === undefined ? undefined : (JSON.parse(after) as VersionMarker);
      const { files, next } = await versionsPage(context, container, prefix, from, size, call);
      let last = from?.last;
      const items = files.flatMap((file) => {
        // A large file that is unfinished is no version.
        if (file.action !== 'upload' && file.action !== 'hide') return [];
        const isLatest = file.name !== last;
        last = file.name;
        return [versionOf(container, file, isLatest)];
      });
      const marker = next && JSON.stringify({ ...next, last } satisfies VersionMarker);
      return { items, next: marker };
    },

    async headVersion({ container, key }, versionId, call) {
      call.signal.throwIfAborted();
      refuseImpossible({ container, key });
      const about = { operation: 'b2_get_file_info', action: 'look up', container, key } as const;
      const parameters = { fileId: versionId };
      const answer = await client.request({ method: 'POST', ...about, parameters }, call);
      const file = readFile(about.action, readObject(about.action, answer));
      if (file.name !== key || file.action !== 'upload')
        throw new ObjectDoesNotExistError(key, { driver: B2 });
      return infoOf(container, file);
    },

    readVersion: (ref, versionId, range, call) => read(ref, range, call, versionId),

    async deleteVersion({ container, key }, versionId, call) {
      call.signal.throwIfAborted();
      refuseImpossible({ container, key });
      try {
        await deleteFileVersion(context, { container, key }, versionId, call);
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };
}
