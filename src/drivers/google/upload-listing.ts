import { parseTime } from '../../clock.js';
import type { Call, Page, PageRequest } from '../call.js';
import type { ListedUpload, Multipart, Part, UploadToken } from '../capabilities.js';
import { childrenOf, elementOf, textOf, type XmlElement } from '../http/xml.js';
import { collect, itemsOfPages } from '../pages.js';
import type { GoogleContext } from './context.js';
import { GOOGLE } from './errors.js';
import { unreadable } from './json.js';
import { checkContainer, xmlPath } from './names.js';
import { writeReceipt } from './part-receipt.js';

/** What uploads in parts there are, and what parts they have. */
export function uploadListing({
  client,
  clock,
}: GoogleContext): Pick<Multipart, 'uploadedParts' | 'unfinished'> {
  async function partsPage(
    { container, key, opaque }: UploadToken,
    { after }: PageRequest,
    call: Call,
  ): Promise<Page<Part>> {
    const { body } = await client.request(
      {
        method: 'GET',
        operation: 'listParts',
        action: 'list the parts',
        container,
        key,
        path: xmlPath(container, key),
        query: { uploadId: opaque, 'part-number-marker': after },
      },
      call,
    );
    const page = elementOf(body);
    const items = childrenOf(page, 'Part').map(partOf);
    return { items, next: nextMarker(page, 'NextPartNumberMarker', 'list the parts') };
  }

  async function uploadsPage(
    container: string,
    prefix: string,
    { after }: PageRequest,
    call: Call,
  ): Promise<Page<ListedUpload>> {
    const marker = after === undefined ? undefined : (JSON.parse(after) as Marker);
    const { body } = await client.request(
      {
        method: 'GET',
        operation: 'listUploads',
        action: 'list the uploads',
        container,
        path: `${xmlPath(container)}?uploads`,
        query: {
          prefix: prefix || undefined,
          'encoding-type': 'url',
          'key-marker': marker?.key,
          'upload-id-marker': marker?.upload,
        },
      },
      call,
    );
    const page = elementOf(body);
    const decode = textOf(page, 'EncodingType') === 'url' ? decodeListed : (text: string) => text;
    const items = childrenOf(page, 'Upload').map((upload) => uploadOf(container, upload, decode));
    const key = nextMarker(page, 'NextKeyMarker', 'list the uploads');
    const next: Marker | undefined =
      key === undefined
        ? undefined
        : { key: decode(key), upload: textOf(page, 'NextUploadIdMarker') };
    return { items, next: next && JSON.stringify(next) };
  }

  return {
    async uploadedParts(token, call) {
      const list = (page: PageRequest) => partsPage(token, page, call);
      const parts = await collect(itemsOfPages(GOOGLE, list, { ...call, clock }));
      return parts.sort((a, b) => a.number - b.number);
    },

    async unfinished(container, prefix, call) {
      call.signal.throwIfAborted();
      checkContainer(container);
      const list = (page: PageRequest) => uploadsPage(container, prefix, page, call);
      return collect(itemsOfPages(GOOGLE, list, { ...call, clock }));
    },
  };
}

/** A place in a listing of uploads; its text is what pages hand out. */
interface Marker {
  readonly key: string;
  readonly upload: string | undefined;
}

/** Undefined: this is the last page. */
function nextMarker(page: XmlElement, name: string, what: string): string | undefined {
  if (textOf(page, 'IsTruncated') !== 'true') return undefined;
  const marker = textOf(page, name);
  if (marker) return marker;
  throw unreadable(what, 'says that there is more, but not where to go on');
}

function partOf(element: XmlElement): Part {
  const number = Number(textOf(element, 'PartNumber') ?? Number.NaN);
  const size = Number(textOf(element, 'Size') ?? Number.NaN);
  const etag = textOf(element, 'ETag');
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(size) || !etag)
    throw unreadable('list the parts', 'has a part without number, size or ETag');
  const [md5] = /[0-9a-f]{32}/i.exec(etag) ?? [];
  const receipt = writeReceipt(etag, undefined);
  return { number, size, receipt, ...(md5 !== undefined && { md5: md5.toLowerCase() }) };
}

function uploadOf(
  container: string,
  element: XmlElement,
  decode: (text: string) => string,
): ListedUpload {
  const key = textOf(element, 'Key');
  const opaque = textOf(element, 'UploadId');
  const beganAtMs = parseTime(textOf(element, 'Initiated') ?? '');
  // To abort an upload without an id would be to delete the object.
  if (!key || !opaque) throw unreadable('list the uploads', 'has an upload without key or id');
  const token = { container, key: decode(key), driver: GOOGLE, opaque };
  return { ...token, ...(beganAtMs !== undefined && { beganAtMs }) };
}

/** Undoes `encoding-type=url`; what cannot be decoded was not encoded. */
function decodeListed(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return text;
  }
}
