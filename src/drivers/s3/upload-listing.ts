import { parseTime } from '../../clock.js';
import type { ObjectRef } from '../call.js';
import type { ListedUpload, Multipart, Part, UploadToken } from '../capabilities.js';
import { ObjectError, StorageError } from '../errors.js';
import type { S3Context } from './context.js';
import { decodeListed } from './encode.js';
import { S3 } from './errors.js';
import { type EtagMeaning, quoted } from './etag.js';
import { checkContainer } from './names.js';
import { readToken } from './upload-token.js';
import { childrenOf, elementOf, textOf, type XmlElement } from './xml.js';

/** What uploads there are, and what parts they have. */
export function uploadListing({ client, etags }: S3Context): Pick<Multipart, 'uploadedParts' | 'unfinished'> {
  return {
    async uploadedParts(token, call) {
      const parts: Part[] = [];
      let marker: string | undefined;
      do {
        const page = elementOf(
          (
            await client.request(
              {
                method: 'GET',
                operation: 'listParts',
                action: 'list the parts of',
                container: token.container,
                key: token.key,
                query: { uploadId: readToken(token).uploadId, 'part-number-marker': marker },
              },
              call,
            )
          ).body,
        );
        for (const part of childrenOf(page, 'Part')) parts.push(readPart(part, token, etags));
        marker = nextMarker(page, 'NextPartNumberMarker', marker);
      } while (marker !== undefined);
      return parts.sort((a, b) => a.number - b.number);
    },

    async unfinished(container, prefix, call) {
      checkContainer(container);
      const uploads: ListedUpload[] = [];
      let markers: { readonly key: string; readonly upload: string | undefined } | undefined;
      do {
        const query = {
          uploads: '',
          prefix,
          'encoding-type': 'url',
          'key-marker': markers?.key,
          'upload-id-marker': markers?.upload,
        };
        const page = elementOf(
          (await client.request({ method: 'GET', operation: 'listUploads', action: 'list the uploads', container, query }, call)).body,
        );
        const decode = textOf(page, 'EncodingType') === 'url' ? decodeListed : (text: string) => text;
        for (const upload of childrenOf(page, 'Upload')) {
          const ref: ObjectRef = { container, key: decode(textOf(upload, 'Key') ?? '') };
          const beganAtMs = parseTime(textOf(upload, 'Initiated') ?? '');
          uploads.push({
            ...ref,
            driver: S3,
            opaque: textOf(upload, 'UploadId') ?? '',
            ...(beganAtMs !== undefined && { beganAtMs }),
          });
        }
        const key = nextMarker(page, 'NextKeyMarker', undefined);
        const next = key === undefined ? undefined : { key: decode(key), upload: textOf(page, 'NextUploadIdMarker') };
        if (next !== undefined && next.key === markers?.key && next.upload === markers?.upload) throw notAdvancing('the uploads');
        markers = next;
      } while (markers !== undefined);
      return uploads;
    },
  };
}

function readPart(part: XmlElement, { container, key }: UploadToken, etags: EtagMeaning): Part {
  const number = Number(textOf(part, 'PartNumber'));
  const size = Number(textOf(part, 'Size'));
  const etag = textOf(part, 'ETag');
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(size) || etag === undefined)
    throw new ObjectError(key, 'has an upload whose list of parts cannot be read', { driver: S3, retry: 'backoff' });
  const md5 = etags.ofPart(container, { etag });
  return { number, size, receipt: quoted(etag), ...(md5 !== undefined && { md5 }) };
}

function nextMarker(page: XmlElement, name: string, before: string | undefined): string | undefined {
  if (textOf(page, 'IsTruncated') !== 'true') return undefined;
  const next = textOf(page, name);
  if (next === undefined || next === before) throw notAdvancing('the parts');
  return next;
}

function notAdvancing(what: string): StorageError {
  return new StorageError(`list ${what}: the provider says that there is more, but not where to go on`, { driver: S3, retry: 'backoff' });
}
