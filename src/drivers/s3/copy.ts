import type { Backend } from '../backend.js';
import type { Call, ObjectInfo, ObjectRef } from '../call.js';
import type { Copy, CopyReplacement, Multipart } from '../capabilities.js';
import { checkSource } from '../copy-source.js';
import { findChecksum } from '../digest.js';
import { ObjectError } from '../errors.js';
import { descriptionOf } from '../http/content-headers.js';
import { foundAsSent, isAsSent } from '../http/found-as-sent.js';
import { elementOf, textOf } from '../http/xml.js';
import { type S3Context, SLOW_ANSWER_MS } from './context.js';
import { copyByParts } from './copy-parts.js';
import { copySource } from './copy-source.js';
import { S3 } from './errors.js';
import { quoted } from './etag.js';
import { checkContainer, checkKey } from './names.js';
import type { Profile } from './profiles.js';
import { isStorageClass, storageClassNamed } from './storage-classes.js';

export function s3Copy(
  context: S3Context,
  { headObject }: Pick<Backend, 'headObject'>,
  multipart: Multipart,
): Copy {
  const { client, profile, headers: objectHeaders, etags } = context;

  return {
    bindsSource: profile.bindsCopies,
    ifAbsent: false,
    async copyObject(from, to, replace, call) {
      checkContainer(to.container);
      checkKey(to.key);
      if (replace?.storageClass !== undefined) storageClassNamed(replace.storageClass, profile);
      // The answer to a copy has neither size nor metadata, and the size decides how it is done.
      const source = await headObject({ container: from.container, key: from.key }, call);
      checkSource(source, from, S3);
      if (replace === undefined && from.container === to.container && from.key === to.key)
        return source;
      const described = replace ?? { ...descriptionOf(source), ...classOf(source, profile) };
      const { whole, part } = profile.copy;
      if (source.size > whole && part === undefined)
        throw new ObjectError(
          from.key,
          `is too large for profile ${profile.name} to copy: ${source.size} bytes`,
          { driver: S3 },
        );
      if (source.size > whole && part !== undefined)
        return copyByParts(context, multipart, source, to, described, part, call);
      const sent = {
        size: source.size,
        md5: findChecksum(source.checksums, 'md5')?.hex,
        metaData: described.metaData,
      };
      return copyWhole(source, to, described, replace !== undefined, call).catch((error: unknown) =>
        foundAsSent(
          error,
          () => headObject(to, call),
          (found) => isAsSent(found, sent),
        ),
      );
    },
  };

  async function copyWhole(
    source: ObjectInfo,
    to: ObjectRef,
    described: CopyReplacement,
    replaced: boolean,
    call: Call,
  ): Promise<ObjectInfo> {
    const { 'content-type': contentType = described.contentType, ...headers } =
      objectHeaders.create(to.key, { headers: {}, ...described });
    const { headers: answered, body } = await client.request(
      {
        method: 'PUT',
        operation: 'copyObject',
        action: `copy "${source.key}"`,
        container: to.container,
        key: to.key,
        headers: {
          ...(replaced ? headers : notFromSource(headers)),
          ...(replaced && { 'content-type': contentType }),
          ...copySource(source, profile),
          ...objectHeaders.copySource,
          'x-amz-metadata-directive': replaced ? 'REPLACE' : 'COPY',
        },
        answerWithinMs: SLOW_ANSWER_MS,
      },
      call,
    );
    const etag = textOf(elementOf(body), 'ETag') || answered['etag'];
    const checksums = etags.ofAnswer(to.container, { ...answered, etag });
    const extra = {
      ...source.extra,
      contentType: described.contentType,
      versionId: answered['x-amz-version-id'],
      ...(etag !== undefined && { etag: quoted(etag) }), // not that of the source, whatever the answer says
    };
    return { ...to, size: source.size, checksums, metaData: described.metaData, extra };
  }
}

/** The class of the source, for a copy that keeps the description. No answer names the class STANDARD. */
function classOf({ extra }: ObjectInfo, profile: Profile): { readonly storageClass?: string } {
  const storageClass = String(extra['storageClass'] ?? 'STANDARD');
  return isStorageClass(storageClass, profile) ? { storageClass } : {};
}

/** What the directive COPY does not take from the source, such as class, ACL and encryption. */
function notFromSource(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^x-amz-(?!meta-|tagging$)/.test(name)),
  );
}
