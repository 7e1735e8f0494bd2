import type { Backend } from '../backend.js';
import type { Call, ObjectInfo } from '../call.js';
import type { CopyReplacement } from '../capabilities.js';
import { findChecksum } from '../digest.js';
import type { SwiftContext } from './context.js';
import { objectHeaders } from './object-headers.js';
import { CEPH_MANIFEST, MD5_METADATA, SEGMENTS_METADATA } from './object-info.js';
import type { SwiftSettings } from './settings.js';

/**
 * Replaces an object's metadata and leaves its content. Resolves with the object as a HEAD then describes it. POST
 * replaces all metadata, and with it the segments' prefix of a dynamic large object, unless it is sent again.
 */
export async function replaceMetadata(
  { client, settings }: SwiftContext,
  headObject: Backend['headObject'],
  source: ObjectInfo,
  replace: CopyReplacement,
  call: Call,
): Promise<ObjectInfo> {
  const ref = { container: source.container, key: source.key };
  const about = { operation: 'headObject', action: 'look up', ...ref } as const;
  const { headers: present } = await client.request({ method: 'HEAD', ...about }, call);
  const headers = described(settings, source, replace);
  for (const name of [SEGMENTS_METADATA, CEPH_MANIFEST, 'x-object-manifest']) {
    const value = present[name];
    if (value !== undefined) headers[name] = value;
  }
  const post = { operation: 'postObject', action: 'change the metadata', ...ref, headers } as const;
  await client.request({ method: 'POST', ...post }, call);
  return headObject(ref, call);
}

function described(
  settings: SwiftSettings,
  { key, checksums, extra }: ObjectInfo,
  replace: CopyReplacement,
): Record<string, string> {
  const md5 = findChecksum(checksums, 'md5')?.hex;
  const isLarge = extra['largeObject'] !== undefined;
  return {
    ...objectHeaders(settings, key, { headers: {}, ...replace }),
    ...(isLarge && md5 !== undefined && { [MD5_METADATA]: md5 }),
  };
}
