import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { Copy, CopyReplacement, Multipart } from '../capabilities.js';
import { checkSource } from '../copy-source.js';
import { findChecksum } from '../digest.js';
import { UnsupportedOperationError } from '../errors.js';
import { descriptionOf } from '../http/content-headers.js';
import { foundAsSent, isAsSent } from '../http/found-as-sent.js';
import type { AzureContext } from './context.js';
import { copyByBlocks } from './copy-blocks.js';
import { copyWhole, type PlannedCopy } from './copy-whole.js';
import { AZURE } from './errors.js';
import { checkContainer, checkKey } from './names.js';
import { contentHeaders } from './object-headers.js';
import type { ObjectOperations } from './objects.js';
import { replaceDescription } from './replace-description.js';
import type { AzureSettings } from './settings.js';
import { knownTier } from './tiers.js';

/** https://learn.microsoft.com/rest/api/storageservices/copy-blob-from-url */
const LARGEST_WHOLE_COPY = 256 * 2 ** 20;

export function azureCopy(
  context: AzureContext,
  { headObject }: Pick<ObjectOperations, 'headObject'>,
  multipart: Multipart,
): Copy {
  /** Stores without the requests for that (IoT Edge, Azurite) copy in the background, and say how far they are. */
  async function copied(planned: PlannedCopy, call: Call): Promise<ObjectInfo> {
    try {
      return planned.source.size > LARGEST_WHOLE_COPY
        ? await copyByBlocks(context, multipart, planned, call)
        : await copyWhole(context, planned, true, call);
    } catch (error) {
      if (!(error instanceof UnsupportedOperationError)) throw error;
      return copyWhole(context, planned, false, call);
    }
  }

  return {
    bindsSource: true,
    ifAbsent: true,
    async copyObject(from, to, replace, call) {
      call.signal.throwIfAborted();
      checkContainer(to.container);
      checkKey(to.key);
      const source = await headObject({ container: from.container, key: from.key }, call);
      checkSource(source, from, AZURE);
      if (from.container === to.container && from.key === to.key)
        return replace === undefined
          ? source
          : replaceDescription(context, headObject, source, replace, call);
      const planned = plan(source, to, replace);
      const sent = {
        size: source.size,
        md5: findChecksum(source.checksums, 'md5')?.hex,
        metaData: planned.described.metaData,
      };
      const info = await copied(planned, call).catch((error: unknown) =>
        foundAsSent(
          error,
          () => headObject(to, call),
          (found) => isAsSent(found, sent),
        ),
      );
      return isDescribed(planned, context.settings)
        ? info
        : replaceDescription(context, headObject, info, planned.described, call);
    },
  };
}

function plan(
  source: ObjectInfo,
  { container, key }: ObjectRef,
  replace: CopyReplacement | undefined,
): PlannedCopy {
  const described = replace ?? { ...descriptionOf(source), ...tierOf(source) };
  return { source, to: { container, key }, described, replaced: replace !== undefined };
}

/** The tier of the source, for a copy that keeps the description. */
function tierOf({ extra }: ObjectInfo): { readonly storageClass?: string } {
  const tier = knownTier(extra['storageClass']);
  return tier === undefined ? {} : { storageClass: tier };
}

/** Whether a copy has its description already: it has the headers of its source, and its metadata where none are given. */
function isDescribed(
  { source, to, described, replaced }: PlannedCopy,
  settings: AzureSettings,
): boolean {
  if (!replaced) return true;
  const { contentType, headers: { expires: _, ...headers } = {} } = descriptionOf(source);
  const wanted = contentHeaders(settings, to.key, { headers: {}, ...described });
  const present = contentHeaders({ headers: [] }, source.key, { contentType, headers });
  const isCleared =
    Object.keys(described.metaData).length === 0 && Object.keys(source.metaData).length > 0;
  return !isCleared && isSame(wanted, present);
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}
