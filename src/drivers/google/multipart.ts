import type { Multipart } from '../capabilities.js';
import { ObjectDoesNotExistError, ObjectError, UnsupportedOperationError } from '../errors.js';
import { elementOf, textOf } from '../http/xml.js';
import { completeUpload } from './complete.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { checkContainer, checkKey, xmlPath } from './names.js';
import type { LookUp } from './objects.js';
import { uploadListing } from './upload-listing.js';
import { uploadPart } from './upload-part.js';
import { descriptionHeaders } from './xml-headers.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** https://cloud.google.com/storage/quotas#requests */
const PART_SIZE = { min: 5 * MIB, max: 5 * GIB, maxParts: 10_000 };

/**
 * Uploads in parts of the XML API, which go in parallel and in any order: https://cloud.google.com/storage/docs/multipart-uploads.
 * Such an object has a CRC32C and no MD5.
 */
export function xmlMultipart(context: GoogleContext, lookUp: LookUp): Multipart {
  const { client, settings } = context;
  const listing = uploadListing(context);

  return {
    ...listing,
    partSize: PART_SIZE,
    provesParts: true,
    // Our ETag is the generation, which cannot be foreseen.
    etagOfParts: () => undefined,
    cutsOf: async () => undefined,

    async begin(ref, options, call) {
      call.signal.throwIfAborted();
      checkContainer(ref.container);
      checkKey(ref.key);
      if (options.precondition !== undefined)
        throw new UnsupportedOperationError(
          'uploads in parts have no conditional writes: set `uploads: resumable`',
          {
            driver: GOOGLE,
          },
        );
      const { container, key } = ref;
      const { body } = await client.request(
        {
          method: 'POST',
          operation: 'createUpload',
          action: 'begin an upload',
          container,
          key,
          needsContainer: true,
          path: `${xmlPath(container, key)}?uploads`,
          headers: descriptionHeaders(key, options, settings),
          body: new Uint8Array(),
        },
        call,
      );
      const opaque = textOf(elementOf(body), 'UploadId');
      if (!opaque)
        throw new ObjectError(key, 'was given an upload without an id', {
          driver: GOOGLE,
          retry: 'backoff',
        });
      return { container, key, driver: GOOGLE, opaque };
    },

    uploadPart: uploadPart(context),

    complete: completeUpload(context, lookUp),

    async abort({ container, key, opaque }, call) {
      call.signal.throwIfAborted();
      try {
        await client.request(
          {
            method: 'DELETE',
            operation: 'abortUpload',
            action: 'abort the upload',
            container,
            key,
            path: xmlPath(container, key),
            query: { uploadId: opaque },
          },
          call,
        );
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };
}
