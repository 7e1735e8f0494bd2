import { parseTime } from '../../clock.js';
import type { Call, Page, PageRequest } from '../call.js';
import type { ListedUpload, Multipart, Part, UploadToken } from '../capabilities.js';
import { ObjectDoesNotExistError, ObjectError, StorageError } from '../errors.js';
import { childrenOf, elementOf, textOf, type XmlElement } from '../http/xml.js';
import { collect, itemsOfPages } from '../pages.js';
import type { S3Context } from './context.js';
import { decodeListed } from './encode.js';
import { S3 } from './errors.js';
import { type EtagMeaning, quoted } from './etag.js';
import { checkContainer } from './names.js';
import { readToken } from './upload-token.js';

/** What uploads there are, and what parts they have. */
export function uploadListing({
  client,
  etags,
  clock,
}: S3Context): Pick<Multipart, 'uploadedParts' | 'unfinished'> {
  async function partsPage(
    token: UploadToken,
    { after, size }: PageRequest,
    call: Call,
  ): Promise<Page<Part>> {
    const { container, key } = token;
    const query = {
      uploadId: readToken(token).uploadId,
      'part-number-marker': after,
      'max-parts': size === undefined ? undefined : String(size),
    };
    const answer = await client.request(
      { method: 'GET', operation: 'listParts', action: 'list the parts', container, key, query },
      call,
    );
    const page = elementOf(answer.body);
    const items = childrenOf(page, 'Part').map((part) => readPart(part, token, etags));
    return {
      items,
      next: isTruncated(page)
        ? (textOf(page, 'NextPartNumberMarker') ?? notAdvancing('the parts'))
        : undefined,
    };
  }

  async function uploadsPage(
    container: string,
    prefix: string,
    { after }: PageRequest,
    call: Call,
  ): Promise<Page<ListedUpload>> {
    const marker = after === undefined ? undefined : (JSON.parse(after) as Marker);
    const query = {
      uploads: '',
      prefix,
      'encoding-type': 'url',
      'key-marker': marker?.key,
      'upload-id-marker': marker?.upload,
    };
    const answer = await client.request(
      { method: 'GET', operation: 'listUploads', action: 'list the uploads', container, query },
      call,
    );
    const page = elementOf(answer.body);
    const isEncoded = textOf(page, 'EncodingType') === 'url';
    const items: ListedUpload[] = [];
    for (const upload of childrenOf(page, 'Upload')) {
      const listed = readUpload(upload, container);
      items.push({
        ...listed,
        key: isEncoded ? decodeListed(listed.key) : await keyOf(listed, prefix, call),
      });
    }
    return {
      items,
      next: isTruncated(page) ? nextMarker(page, isEncoded ? items.at(-1) : undefined) : undefined,
    };
  }

  /**
   * The key of a listed upload where the answer does not say that keys are encoded. Ceph encodes them all the same, so the one
   * that the prefix fits, or else the one under which the provider knows the upload, is the right one.
   */
  async function keyOf(listed: ListedUpload, prefix: string, call: Call): Promise<string> {
    const decoded = decodeListed(listed.key);
    if (decoded === listed.key || !decoded.startsWith(prefix)) return listed.key;
    if (!listed.key.startsWith(prefix)) return decoded;
    try {
      await partsPage(listed, { size: 1 }, call);
      return listed.key;
    } catch (error) {
      if (error instanceof ObjectDoesNotExistError) return decoded;
      throw error;
    }
  }

  return {
    async uploadedParts(token, call) {
      const list = (page: PageRequest) => partsPage(token, page, call);
      const parts = await collect(itemsOfPages(S3, list, { ...call, clock }));
      return parts.sort((a, b) => a.number - b.number);
    },

    async unfinished(container, prefix, call) {
      checkContainer(container);
      return collect(
        itemsOfPages(S3, (page) => uploadsPage(container, prefix, page, call), { ...call, clock }),
      );
    },
  };
}

/** A place in a listing of uploads; its text is what pages hand out. */
interface Marker {
  readonly key: string;
  readonly upload: string | undefined;
}

/** `last`: the upload behind which the next page begins, where its key is known to be right. */
function nextMarker(page: XmlElement, last: ListedUpload | undefined): string {
  const key = last?.key ?? textOf(page, 'NextKeyMarker') ?? notAdvancing('the uploads');
  return JSON.stringify({
    key,
    upload: last?.opaque ?? textOf(page, 'NextUploadIdMarker'),
  } satisfies Marker);
}

function readUpload(upload: XmlElement, container: string): ListedUpload {
  const beganAtMs = parseTime(textOf(upload, 'Initiated') ?? '');
  const key = textOf(upload, 'Key');
  const uploadId = textOf(upload, 'UploadId');
  // To abort an upload without an id would be to delete the object.
  if (!key || !uploadId)
    throw new StorageError('list the uploads: an entry has no key or no id', {
      driver: S3,
      retry: 'backoff',
    });
  const token = { container, key, driver: S3, opaque: uploadId };
  return { ...token, ...(beganAtMs !== undefined && { beganAtMs }) };
}

function readPart(part: XmlElement, { container, key }: UploadToken, etags: EtagMeaning): Part {
  const number = Number(textOf(part, 'PartNumber'));
  const size = Number(textOf(part, 'Size') ?? Number.NaN);
  const etag = textOf(part, 'ETag');
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(size) || !etag)
    throw new ObjectError(key, 'has an upload whose list of parts cannot be read', {
      driver: S3,
      retry: 'backoff',
    });
  const md5 = etags.ofPart(container, { etag });
  return { number, size, receipt: quoted(etag), ...(md5 !== undefined && { md5 }) };
}

function isTruncated(page: XmlElement): boolean {
  return textOf(page, 'IsTruncated') === 'true';
}

function notAdvancing(what: string): never {
  throw new StorageError(
    `list ${what}: the provider says that there is more, but not where to go on`,
    { driver: S3, retry: 'backoff' },
  );
}
