import type { Backend } from '../backend.js';
import type { Multipart } from '../capabilities.js';
import { ObjectDoesNotExistError } from '../errors.js';
import { elementOf, textOf } from '../http/xml.js';
import { s3Completion } from './complete.js';
import type { S3Context } from './context.js';
import { cutsOf } from './cuts-of.js';
import { S3 } from './errors.js';
import { compositeEtag } from './etag.js';
import { checkContainer, checkKey } from './names.js';
import { uploadListing } from './upload-listing.js';
import { uploadPart } from './upload-part.js';
import { readToken, writeToken } from './upload-token.js';

export function s3Multipart(context: S3Context, objects: Pick<Backend, 'headObject'>): Multipart {
  const { client, profile, etags, conditions, headers: objectHeaders } = context;
  const listing = uploadListing(context);

  return {
    ...listing,
    partSize: profile.parts,
    ...(profile.refusesLateParts && { severalSenders: true as const }),
    etagOfParts: (container, parts) =>
      profile.compositeEtag && profile.partEtag === 'md5' && !etags.isOpaque(container)
        ? compositeEtag(parts.map(({ md5 }) => md5))
        : undefined,

    cutsOf: cutsOf(context),

    async begin(ref, options, call) {
      checkContainer(ref.container);
      checkKey(ref.key);
      conditions.check(options.precondition);
      const { body } = await client.request(
        {
          method: 'POST',
          operation: 'createMultipartUpload',
          action: 'begin an upload',
          ...ref,
          query: { uploads: '' },
          headers: objectHeaders.create(ref.key, options),
        },
        call,
      );
      const uploadId = textOf(elementOf(body), 'UploadId') ?? ''; // the answer's rule requires it
      return {
        container: ref.container,
        key: ref.key,
        driver: S3,
        opaque: writeToken(uploadId, options.precondition),
      };
    },

    uploadPart: uploadPart(context),

    complete: s3Completion(context, objects, listing),

    async abort(token, call) {
      try {
        await client.request(
          {
            method: 'DELETE',
            operation: 'abortUpload',
            action: 'abort the upload',
            container: token.container,
            key: token.key,
            query: { uploadId: readToken(token).uploadId },
          },
          call,
        );
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };
}
