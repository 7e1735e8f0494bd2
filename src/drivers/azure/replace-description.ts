import type { Backend } from '../backend.js';
import type { Call, ObjectInfo } from '../call.js';
import type { CopyReplacement } from '../capabilities.js';
import { findChecksum } from '../digest.js';
import type { AzureRequest } from './client.js';
import type { AzureContext } from './context.js';
import { metadataHeaders } from './metadata.js';
import { conditionHeaders, contentHeaders, tierHeaders } from './object-headers.js';
import { quoted } from './object-info.js';
import { base64OfHex } from './payload.js';

/**
 * Replaces an object's headers and metadata, and leaves its content. Two requests, each only of the version before: between them
 * the object has its new headers and its old metadata. Resolves with the object as a HEAD then describes it.
 */
export async function replaceDescription(
  { client, settings }: AzureContext,
  headObject: Backend['headObject'],
  object: ObjectInfo,
  replace: CopyReplacement,
  call: Call,
): Promise<ObjectInfo> {
  const { container, key, checksums } = object;
  const described = { headers: {}, ...replace };
  const md5 = findChecksum(checksums, 'md5')?.hex;
  const change = async (
    request: Pick<AzureRequest, 'operation' | 'headers'>,
    comp: string,
    action: string,
  ) => {
    const about = { container, key, action, query: { comp } };
    return (await client.request({ method: 'PUT', ...about, ...request }, call)).headers['etag'];
  };
  // What is not sent again is cleared, the MD5 too.
  const properties = {
    ...contentHeaders(settings, key, described),
    ...(md5 !== undefined && { 'x-ms-blob-content-md5': base64OfHex(md5) }),
    ...ifStill(object.extra['etag']),
  };
  const etag = await change(
    { operation: 'setProperties', headers: properties },
    'properties',
    'change the headers',
  );
  const metadata = { ...metadataHeaders(described.metaData), ...ifStill(etag) };
  await change({ operation: 'setMetadata', headers: metadata }, 'metadata', 'change the metadata');
  const tier = tierHeaders({ storage_class: undefined, headers: [] }, key, described);
  if (tier['x-ms-access-tier'] !== undefined)
    await change({ operation: 'setTier', headers: tier }, 'tier', 'change the tier');
  return headObject({ container, key }, call);
}

function ifStill(etag: unknown): Record<string, string> {
  return typeof etag === 'string' ? conditionHeaders({ ifMatch: quoted(etag) }) : {};
}
